// For logistics: the quotes that wait for an answer, and the award.

import { backoffice, command, missions, must } from "../api";
import type { components } from "../contracts/backoffice";
import { useWords } from "../language";
import { useAnswer } from "../live";
import { Amount, Answered, Form, List, Screen } from "../parts";
import { Way } from "./trips";

type TripWithQuotes = components["schemas"]["TripWithQuotes"];
type Quote = TripWithQuotes["quotes"][number];

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
        <Way from={trip.departure_city} to={trip.arrival_city} />
      </h2>
      <p>
        {words.day(trip.from_day)}, {words.kilometres(trip.distance_km)}
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
  const amount = words.money(quote.price);

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
      <p>
        <bdi>{quote.driver_id}</bdi> <Amount of={quote.price} />
        {quote.comment !== null && <>: {quote.comment}</>}
      </p>
      <Form
        button={words.text("award")}
        spoken={words.text("award_to", { amount, driver: quote.driver_id })}
        send={send}
      />
    </>
  );
}
