// Small helps for the page of a case: everything works without them.
"use strict";

// Videos play one after the other.
const videos = [...document.querySelectorAll("video")];
for (const [index, video] of videos.entries()) {
  video.addEventListener("ended", () => {
    const next = videos[index + 1];
    if (next === undefined) return;
    next.scrollIntoView({ block: "center" });
    next.focus();
    next.play();
  });
}

// A circle on a photo is one once the sides of the photo are known.
for (const picture of document.querySelectorAll(".picture")) {
  const image = picture.querySelector("img");
  const shape = () => {
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width === 0) return;
    for (const circle of picture.querySelectorAll("[data-away]")) {
      const [across, down] = circle.dataset.away.split(" ").map(Number);
      const radius = Math.hypot(across * width, down * height);
      circle.setAttribute("rx", Math.round(radius / width));
      circle.setAttribute("ry", Math.round(radius / height));
    }
  };
  if (image.complete) shape();
  image.addEventListener("load", shape);
}
