// For logistics: the quotes that wait for an answer, and the award.

import { backoffice, command, missions, must } from "../api";
import type { components } from "../contracts/backoffice";
import { useLabels } from "../labels";
import { useWords } from "../language";
import { useAnswer } from "../live";
import { Amount, Answered, Facts, Form, List, Screen } from "../parts";
import { Way } from "./trips";

type TripWithQuotes = components["schemas"]["TripWithQuotes"];
type Quote = TripWithQuotes["quotes"][number];
type PaperKind = components["schemas"]["PaperKind"];

const MOST = 50;

export function QuotesToProcess() {
  const words = useWords();
  const found = useAnswer((how) =>
    backoffice.GET("/quotes/to-process", { ...how, params: { query: { limit: MOST } } }),
  );
  const title = words.text("quotes_to_process");
  return (
    <Screen title={title}>
      <Answered shown={found}>
        {({ items }) => (
          <List items={items} none="no_quotes" label={title}>
            {(trip) => <TripCard key={trip.trip_id} trip={trip} changed={found.again} />}
          </List>
        )}
      </Answered>
    </Screen>
  );
}

interface TripProps {
  trip: TripWithQuotes;
  changed: () => Promise<void>;
}

function TripCard({ trip, changed }: TripProps) {
  const words = useWords();
  const live = trip.quotes.filter((quote) => quote.status === "submitted");
  return (
    <li>
      <h2>
        <Way from={trip.departure.city} to={trip.arrival.city} />
      </h2>
      <p>
        {words.days(trip.from_day, trip.until_day)}
        <span class="quiet">{words.kilometres(trip.distance_km)}</span>
      </p>
      <p>
        <bdi>{`${trip.vehicle.make} ${trip.vehicle.model}`}</bdi>
        <span class="quiet">
          <bdi>{trip.client_brand}</bdi>
        </span>
      </p>
      <ul class="quotes">
        {live.map((quote) => (
          <li key={quote.driver_id}>
            <QuoteToAward trip={trip} quote={quote} changed={changed} />
          </li>
        ))}
      </ul>
    </li>
  );
}

/** Awards the trip for the quote as it was read: 412 when it is another one by now. */
function QuoteToAward({ trip, quote, changed }: TripProps & { quote: Quote }) {
  const words = useWords();
  const labels = useLabels("backoffice");
  const { driver } = quote;
  const { record } = driver;
  const name = driver.name || quote.driver_id;

  async function send(): Promise<void> {
    const { price, expenses, pickup_on, delivery_on } = quote;
    const params = { path: { trip_id: trip.trip_id }, header: command() };
    const body = { driver_id: quote.driver_id, quote: { price, expenses, pickup_on, delivery_on } };
    try {
      await must(missions.POST("/trips/{trip_id}/award", { params, body }));
    } finally {
      await changed();
    }
  }

  return (
    <>
      <p class="who">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <strong>
          <Amount of={quote.price} />
        </strong>
      </p>
      <Facts
        facts={{
          phone: driver.phone && (
            <a href={`tel:${driver.phone}`}>
              <bdi>{driver.phone}</bdi>
            </a>
          ),
          home: driver.city && <bdi>{driver.city}</bdi>,
          way_there: driver.kilometres_away !== null && words.kilometres(driver.kilometres_away),
          past_missions: words.number(record.missions_delivered),
          lacking:
            record.papers_lacking.length > 0 &&
            words.list(record.papers_lacking.map((kind) => labels.of("PaperKind", kind as PaperKind))),
          expenses:
            quote.expenses.length > 0 &&
            words.list(
              quote.expenses.map(
                ({ kind, amount }) => `${labels.of("ExpenseKind", kind)} ${words.money(amount)}`,
              ),
            ),
          comment: quote.comment,
        }}
      />
      <Form
        button={words.text("award")}
        spoken={words.text("award_to", { amount: words.money(quote.price), driver: name })}
        send={send}
      />
    </>
  );
}
