// Trips near home, one trip with one's quote for it, and one's quotes.

import { command, missions, must, partner } from "../api";
import type { components as Missions } from "../contracts/missions";
import type { components as Partner } from "../contracts/partner";
import { useLabels } from "../labels";
import { useWords } from "../language";
import { useAnswer } from "../live";
import { Amount, Answered, Facts, Field, filled, Form, List, Screen } from "../parts";
import { Link } from "../routing";
import { useSession } from "../session";

type NearOffer = Partner["schemas"]["NearOffer"];
type Offer = Partner["schemas"]["Offer"];
type MyQuote = Partner["schemas"]["MyQuote"];
type Quote = Missions["schemas"]["QuoteShown"];

const MOST = 50;

export function TripsNearHome() {
  const words = useWords();
  const trips = useAnswer((how) =>
    partner.GET("/trips/near-home", { ...how, params: { query: { limit: MOST } } }),
  );
  const title = words.text("trips");
  return (
    <Screen title={title}>
      <Answered shown={trips}>
        {(found) => (
          <>
            {"hint" in found && <p>{words.text("no_home")}</p>}
            <List items={found.items} none="no_trips" label={title}>
              {(trip) => <TripCard key={trip.trip_id} trip={trip} />}
            </List>
          </>
        )}
      </Answered>
    </Screen>
  );
}

function TripCard({ trip }: { trip: NearOffer }) {
  const words = useWords();
  return (
    <li>
      <h2>
        <Link to={["trips", trip.trip_id]}>
          <Way from={trip.departure.city} to={trip.arrival.city} />
        </Link>
      </h2>
      <p>{words.days(trip.from.date, trip.until.date)}</p>
      <p>
        {words.kilometres(trip.distance_km)}
        <span class="quiet">
          {words.text("away", { distance: words.kilometres(trip.kilometres_away) })}
        </span>
      </p>
      <p>
        <bdi>{vehicle(trip)}</bdi>
        <span class="quiet">
          <bdi>{trip.client_brand}</bdi>
        </span>
      </p>
      {trip.quoted && <p class="badge">{words.text("quoted")}</p>}
    </li>
  );
}

const vehicle = ({ vehicle }: Offer) => `${vehicle.make} ${vehicle.model}`;

/** From one town to another, in words for those who do not see the arrow. */
export function Way({ from, to }: { from: string; to: string }) {
  const words = useWords();
  return (
    <>
      <bdi>{from}</bdi> <span class="arrow" aria-hidden="true">→</span>
      <span class="hidden">{words.text("to")}</span> <bdi>{to}</bdi>
    </>
  );
}

export function Trip({ tripId }: { tripId: string }) {
  const words = useWords();
  const path = { trip_id: tripId };
  const offer = useAnswer((how) => partner.GET("/trips/{trip_id}", { ...how, params: { path } }));
  // The offer says live that something happened; what one quoted is asked where it is never stale.
  const own = useAnswer(
    (how) => missions.GET("/trips/{trip_id}", { ...how, params: { path } }),
    [offer.etag],
  );
  const quote = own.data !== undefined && "quote" in own.data ? own.data.quote : null;
  const changed = async () => {
    await Promise.all([offer.again(), own.again()]);
  };
  return (
    <Screen title={words.text("trip")}>
      <Answered shown={offer}>{(found) => <OfferFacts offer={found} />}</Answered>
      {quote !== null && <OwnQuote quote={quote} />}
      {offer.data?.status === "open" && own.data !== undefined && (
        <QuoteForm key={own.etag} tripId={tripId} quote={quote} seen={own.etag} changed={changed} />
      )}
      {own.data !== undefined && "mission" in own.data && (
        <p>
          <Link to={["missions", tripId]}>{words.text("to_mission")}</Link>
        </p>
      )}
    </Screen>
  );
}

function OfferFacts({ offer }: { offer: Offer }) {
  const words = useWords();
  const labels = useLabels("partner");
  return (
    <>
      <p class="way">
        <Way from={offer.departure.city} to={offer.arrival.city} />
      </p>
      <Facts
        facts={{
          status: labels.of("TripStatus", offer.status),
          departure_day: words.day(offer.from.date),
          arrival_day: words.day(offer.until.date),
          distance: words.kilometres(offer.distance_km),
          delivery: labels.code("DeliveryType", offer.delivery_type),
          vehicle: <bdi>{vehicle(offer)}</bdi>,
          client: <bdi>{offer.client_brand}</bdi>,
          other_quotes: labels.of("OtherQuotes", offer.quotes),
        }}
      />
    </>
  );
}

function OwnQuote({ quote }: { quote: Quote }) {
  const words = useWords();
  const labels = useLabels("missions");
  return (
    <section aria-labelledby="own-quote">
      <h2 id="own-quote">{words.text("own_quote")}</h2>
      <Facts
        facts={{
          status: labels.of("QuoteStatus", quote.status),
          price: "price" in quote.last && <Amount of={quote.last.price} />,
          reason: "reason" in quote.last ? quote.last.reason : null,
        }}
      />
    </section>
  );
}

interface QuoteFormProps {
  tripId: string;
  quote: Quote | null;
  seen?: string;
  changed: () => Promise<void>;
}

/** Quotes for a trip, or changes the quote that was seen: 412 when it is another one by now. */
function QuoteForm({ tripId, quote, seen, changed }: QuoteFormProps) {
  const words = useWords();
  const { currency } = useSession();
  const present = quote !== null && quote.status === "submitted" && "price" in quote.last ? quote.last : null;
  const toll = present?.expenses.find((expense) => expense.kind === "toll");
  const label = words.text(present === null ? "quote_it" : "change_quote");

  async function send(form: FormData): Promise<void> {
    const amount = (name: string) => ({
      amount_minor: words.minor(filled(form, name), currency),
      currency,
    });
    const body = {
      price: amount(PRICE),
      expenses: filled(form, TOLL) === "" ? [] : [{ kind: "toll" as const, amount: amount(TOLL) }],
      comment: filled(form, "/comment") || null,
    };
    const path = { trip_id: tripId };
    if (present === null) {
      const params = { path, header: command() };
      await must(missions.POST("/trips/{trip_id}/quote", { params, body }));
    } else {
      const params = { path, header: command(seen) };
      await must(missions.PUT("/trips/{trip_id}/quote", { params, body }));
    }
    await changed();
  }

  return (
    <Form label={label} button={label} send={send}>
      <Field
        name={PRICE}
        label={words.text("price_of", { currency })}
        hint={words.text("price_hint")}
        inputMode="decimal"
        value={present === null ? "" : words.written(present.price)}
      />
      <Field
        name={TOLL}
        label={words.text("toll_of", { currency })}
        inputMode="decimal"
        value={toll === undefined ? "" : words.written(toll.amount)}
      />
      <Field name="/comment" label={words.text("comment")} value={present?.comment ?? ""} />
    </Form>
  );
}

const PRICE = "/price/amount_minor";
const TOLL = "/expenses/0/amount/amount_minor";

export function MyQuotes() {
  const words = useWords();
  const quotes = useAnswer((how) =>
    partner.GET("/quotes", { ...how, params: { query: { limit: MOST } } }),
  );
  const title = words.text("my_quotes");
  return (
    <Screen title={title}>
      <Answered shown={quotes}>
        {(found) => (
          <List items={found.items} none="no_quotes" label={title}>
            {(quote) => <QuoteCard key={quote.trip_id} quote={quote} />}
          </List>
        )}
      </Answered>
    </Screen>
  );
}

function QuoteCard({ quote }: { quote: MyQuote }) {
  const words = useWords();
  const labels = useLabels("partner");
  return (
    <li>
      <h2>
        <Link to={["trips", quote.trip_id]}>
          <Way from={quote.departure.city} to={quote.arrival.city} />
        </Link>
      </h2>
      <p class="badge">{labels.of("QuoteStatus", quote.status)}</p>
      <p>{words.days(quote.from.date, quote.until.date)}</p>
      <p>
        <Amount of={quote.price} />
      </p>
      {quote.refusal_reason !== null && <p>{quote.refusal_reason}</p>}
    </li>
  );
}
