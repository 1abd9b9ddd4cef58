// The driver's story, told by a client that knows nothing but the document of the API.

import createClient from "openapi-fetch";
import type { components, paths } from "./missions";

declare const process: { argv: string[] };

type Trip = components["schemas"]["TripForDriver"];

const [, , baseUrl, logistics, driver, driverId, reference, today] = process.argv;

const client = (token: string) =>
  createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const staff = client(logistics);
const me = client(driver);
const command = () => ({ "Idempotency-Key": crypto.randomUUID() });

function must<T>(what: string, answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(`${what}: ${JSON.stringify(answer.error)}`);
  return answer.data;
}

function same(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: ${found}, not ${expected}`);
}

const point = { latitude: 48.85, longitude: 2.35 };
const registered = await staff.POST("/drivers", {
  params: { header: command() },
  body: { driver_id: driverId, name: "Ada B", phone: "+33465710000" },
});
must("registered", registered);
const published = await staff.POST("/trips", {
  params: { header: command() },
  body: {
    reference,
    client_brand: "Atlas",
    departure: { city: "Paris", postal_code: "75001", point },
    arrival: { city: "Lyon", postal_code: "69001", point },
    from_slot: { date: today },
    until_slot: { date: today },
    vehicle: { make: "Renault", model: "Clio" },
    delivery_type: "home",
    distance_km: 465,
    duration_minutes: 290,
  },
});
const at = { trip_id: must("published", published).id };

const open: Trip = must("shown", await me.GET("/trips/{trip_id}", { params: { path: at } })) as Trip;
same("the status before", open.status, "open");
same("the town", open.offer.departure.city, "Paris");
same("the quote before", open.quote, null);

const quoted = await me.POST("/trips/{trip_id}/quote", {
  params: { path: at, header: command() },
  body: { price: { amount_minor: 20000, currency: "EUR" } },
});
must("quoted", quoted);
const again: Trip = must("shown", await me.GET("/trips/{trip_id}", { params: { path: at } })) as Trip;
same("the quote", again.quote?.status, "submitted");

const refused = await me.POST("/trips/{trip_id}/quote", {
  params: { path: at, header: command() },
  body: { price: { amount_minor: 1e16, currency: "EUR" } },
});
same("a price without measure", refused.error?.status, 422);

const stale = await staff.POST("/trips/{trip_id}/award", {
  params: { path: at, header: command() },
  body: { driver_id: driverId, quote: { price: { amount_minor: 19999, currency: "EUR" } } },
});
same("a price that is not so", stale.error?.status, 412);

const awarded = await staff.POST("/trips/{trip_id}/award", {
  params: { path: at, header: command() },
  body: { driver_id: driverId, quote: { price: { amount_minor: 20000, currency: "EUR" } } },
});
must("awarded", awarded);
const delivered = await me.POST("/trips/{trip_id}/delivery-confirmation", {
  params: { path: at, header: command() },
  body: { channel: "app" },
});
must("delivered", delivered);
const history = await staff.GET("/trips/{trip_id}/history", { params: { path: at } });
const told = must("history", history).items.map((entry) => entry.type.split(".").pop());
console.log(told.join(" "));
