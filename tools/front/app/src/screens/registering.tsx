// A depot registers itself: its manager proves a phone, and then sees how far the registration is.

import { useState } from "preact/hooks";
import { accounts, command, must } from "../api";
import { useLabels } from "../labels";
import { useWords } from "../language";
import { useAnswer } from "../live";
import { Answered, Choice, Facts, Field, filled, Form, refuse, Screen } from "../parts";
import { go } from "../routing";
import { present, type Session, signIn } from "../session";
import { BackToSignIn } from "./entering";

interface EnteringProps {
  entered: (session: Session) => void;
}

export function Register({ entered }: EnteringProps) {
  const words = useWords();
  const [phone, setPhone] = useState<string>();
  return (
    <Screen title={words.text("register")}>
      <p role="status">{phone !== undefined && words.text("code_sent", { phone })}</p>
      {phone === undefined ? (
        <AskForCode sent={setPhone} />
      ) : (
        <>
          <Details phone={phone} entered={entered} />
          <p>
            <button type="button" class="plain" onClick={() => setPhone(undefined)}>
              {words.text("another_code")}
            </button>
          </p>
        </>
      )}
      <BackToSignIn />
    </Screen>
  );
}

function AskForCode({ sent }: { sent: (phone: string) => void }) {
  const words = useWords();

  async function send(form: FormData): Promise<void> {
    const phone = filled(form, "/phone");
    const params = { header: command() };
    await must(accounts.POST("/phone-codes", { params, body: { phone } }));
    sent(phone);
  }

  return (
    <>
      <p>{words.text("why_phone")}</p>
      <Form label={words.text("register")} button={words.text("send_code")} send={send}>
        <Field
          name="/phone"
          label={words.text("phone")}
          hint={words.text("phone_hint")}
          type="tel"
          autocomplete="tel"
        />
      </Form>
    </>
  );
}

function Details({ phone, entered }: EnteringProps & { phone: string }) {
  const words = useWords();
  const conditions = useAnswer((how) => accounts.GET("/registrations/conditions", how));

  async function send(form: FormData, version: string): Promise<void> {
    if (!form.has("/conditions_version")) {
      refuse("/conditions_version", words.text("accept_first"));
    }
    const password = filled(form, "/password");
    const body = {
      partnership: "depot",
      phone,
      password,
      code: filled(form, "/code"),
      name: filled(form, "/name"),
      manager_name: filled(form, "/manager_name"),
      identity_card: filled(form, "/identity_card"),
      company_number: filled(form, "/company_number") || null,
      address: filled(form, "/address"),
      city: filled(form, "/city"),
      conditions_version: version,
      language: words.language,
    } as const;
    await must(accounts.POST("/registrations", { params: { header: command() }, body }));
    entered(await signIn({ phone, password, code: null, remember_me: false }));
    go();
  }

  return (
    <Answered shown={conditions}>
      {({ version }) => (
        <Form
          label={words.text("register")}
          button={words.text("register_it")}
          send={(form) => send(form, version)}
        >
          <Field
            name="/code"
            label={words.text("phone_code")}
            inputMode="numeric"
            autocomplete="one-time-code"
            isNext
          />
          <Field name="/name" label={words.text("depot_name")} autocomplete="organization" />
          <Field name="/address" label={words.text("address")} autocomplete="street-address" />
          <Field name="/city" label={words.text("city")} autocomplete="address-level2" />
          <Field
            name="/company_number"
            label={words.text("company_number")}
            hint={words.text("if_any")}
            inputMode="numeric"
          />
          <Field name="/manager_name" label={words.text("manager_name")} autocomplete="name" />
          <Field name="/identity_card" label={words.text("identity_card")} />
          <Field
            name="/password"
            label={words.text("new_password")}
            hint={words.text("password_hint")}
            type="password"
            autocomplete="new-password"
          />
          <Choice name="/conditions_version" label={words.text("accept_conditions", { version })} />
        </Form>
      )}
    </Answered>
  );
}

/** All that the people of a depot see until it is let in. */
export function Registration({ entered }: EnteringProps) {
  const words = useWords();
  const labels = useLabels("accounts");
  const registration = useAnswer((how) => accounts.GET("/organisation/registration", how));

  async function look(): Promise<void> {
    entered(await present());
    await registration.again();
  }

  return (
    <Screen title={words.text("registration")}>
      <Answered shown={registration}>
        {(found) => (
          <>
            {found.status === "pending" && <p>{words.text("is_looked_at")}</p>}
            <Facts
              facts={{
                status: (
                  <span class="badge">{labels.of("RegistrationStatus", found.status)}</span>
                ),
                reason: found.reason && <bdi>{found.reason}</bdi>,
                depot_name: <bdi>{found.name}</bdi>,
                address: <bdi>{found.address}</bdi>,
                city: <bdi>{found.city}</bdi>,
                company_number: found.company_number && <bdi>{found.company_number}</bdi>,
                manager_name: <bdi>{found.manager_name}</bdi>,
                phone: <bdi dir="ltr">{found.phone}</bdi>,
                identity_card: <bdi dir="ltr">{found.identity_card}</bdi>,
                submitted_at: words.time(found.submitted_at),
              }}
            />
            {found.status !== "rejected" && <Form button={words.text("look_again")} send={look} />}
          </>
        )}
      </Answered>
    </Screen>
  );
}
