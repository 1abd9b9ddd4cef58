// One's missions, and one of them: where to go, the photos, the delivery.

import { useState } from "preact/hooks";
import { command, missions, must, ORIGIN, partner } from "../api";
import type { components as Missions } from "../contracts/missions";
import { useLabels } from "../labels";
import { useWords } from "../language";
import { useAnswer } from "../live";
import { Amount, Answered, chosen, Facts, Field, filled, Form, List, Screen } from "../parts";
import { Link } from "../routing";
import { upload } from "../upload";
import { Way } from "./trips";

type Mission = Missions["schemas"]["MissionForDriver"];
type Stop = Missions["schemas"]["DetailedStop"];
type Attachment = Missions["schemas"]["AttachmentShown"];

const MOST = 50;

export function MyMissions() {
  const words = useWords();
  const labels = useLabels("partner");
  const found = useAnswer((how) =>
    partner.GET("/missions", { ...how, params: { query: { limit: MOST } } }),
  );
  const title = words.text("missions");
  return (
    <Screen title={title}>
      <Answered shown={found}>
        {({ items }) => (
          <List items={items} none="no_missions" label={title}>
            {(mission) => (
              <li key={mission.trip_id}>
                <h2>
                  <Link to={["missions", mission.trip_id]}>
                    <Way from={mission.departure.city} to={mission.arrival.city} />
                  </Link>
                </h2>
                <p class="badge">{labels.of("MissionStatus", mission.status)}</p>
                <p>{words.days(mission.from.date, mission.until.date)}</p>
                {mission.price !== null && (
                  <p>
                    <Amount of={mission.price} />
                  </p>
                )}
              </li>
            )}
          </List>
        )}
      </Answered>
    </Screen>
  );
}

export function OneMission({ tripId }: { tripId: string }) {
  const words = useWords();
  const trip = useAnswer((how) =>
    missions.GET("/trips/{trip_id}", { ...how, params: { path: { trip_id: tripId } } }),
  );
  return (
    <Screen title={words.text("mission")}>
      <Answered shown={trip}>
        {(found) => {
          if (!("mission" in found)) return <p>{words.text("no_mission")}</p>;
          const isUnderWay = found.status === "assigned";
          return (
            <>
              <MissionFacts mission={found} />
              <PhotoForm tripId={tripId} changed={trip.again} />
              {isUnderWay && <Delivery tripId={tripId} seen={trip.etag} changed={trip.again} />}
              <p role="status">{!isUnderWay && words.text("delivered")}</p>
              {!isUnderWay && (
                <p>
                  <Link to={["invoices"]}>{words.text("to_invoices")}</Link>
                </p>
              )}
            </>
          );
        }}
      </Answered>
    </Screen>
  );
}

function MissionFacts({ mission }: { mission: Mission }) {
  const words = useWords();
  const { offer, stops, attachments } = mission;
  return (
    <>
      <p class="way">
        <Way from={offer.departure.city} to={offer.arrival.city} />
      </p>
      <Facts
        facts={{
          departure_day: words.day(offer.from_slot.date),
          arrival_day: words.day(offer.until_slot.date),
          vehicle: <bdi>{`${offer.vehicle.make} ${offer.vehicle.model}`}</bdi>,
          departure: stops.departure && <Place stop={stops.departure} />,
          arrival: stops.arrival && <Place stop={stops.arrival} />,
          price: mission.mission.price && <Amount of={mission.mission.price} />,
        }}
      />
      {attachments.length > 0 && (
        <ul class="photos" aria-label={words.text("photos")}>
          {attachments.map((one) => (
            <li key={one.file_id}>
              <Photo attachment={one} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** A small copy that leads to the file itself. What is no image has its label alone. */
function Photo({ attachment: { file_id, label } }: { attachment: Attachment }) {
  const [isImage, setIsImage] = useState(true);
  const content = `${ORIGIN}/media/files/${file_id}/content`;
  return (
    <a href={content}>
      {isImage && <img src={`${content}?size=thumbnail`} alt="" onError={() => setIsImage(false)} />}
      <span dir="auto">{label}</span>
    </a>
  );
}

function Place({ stop }: { stop: Stop }) {
  return (
    <>
      {stop.street}
      {stop.contact_name !== null && <>, {stop.contact_name}</>}
      {stop.phone !== null && (
        <>
          , <a href={`tel:${stop.phone}`}><bdi>{stop.phone}</bdi></a>
        </>
      )}
    </>
  );
}

interface Changing {
  tripId: string;
  changed: () => Promise<void>;
}

function PhotoForm({ tripId, changed }: Changing) {
  const words = useWords();
  const [share, setShare] = useState<number>();
  const [count, setCount] = useState(0);

  async function send(form: FormData): Promise<void> {
    const file = chosen(form, "/file_id", words.text("choose_file"));
    setShare(0);
    try {
      const file_id = await upload(file, "mission", setShare);
      const params = { path: { trip_id: tripId }, header: command() };
      const body = { file_id, label: filled(form, "/label") };
      await must(missions.POST("/trips/{trip_id}/attachments", { params, body }));
    } finally {
      setShare(undefined);
    }
    setCount(count + 1);
    await changed();
  }

  return (
    <Form key={count} label={words.text("add_photo")} button={words.text("add_photo")} send={send}>
      <Field name="/file_id" label={words.text("photo")} type="file" accept="image/*,.pdf" />
      <Field name="/label" label={words.text("photo_label")} value={words.text("photo_usual")} />
      {share !== undefined && (
        <progress value={share} aria-label={words.text("sending")} />
      )}
    </Form>
  );
}

/** Confirms the delivery of the mission as it was seen. */
function Delivery({ tripId, seen, changed }: Changing & { seen?: string }) {
  const words = useWords();

  async function send(): Promise<void> {
    const params = { path: { trip_id: tripId }, header: command(seen) };
    const body = { channel: "portal" as const };
    await must(missions.POST("/trips/{trip_id}/delivery-confirmation", { params, body }));
    await changed();
  }

  return <Form button={words.text("deliver")} send={send} />;
}
