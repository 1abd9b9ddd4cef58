"""The first story on Relais, played on real input."""
