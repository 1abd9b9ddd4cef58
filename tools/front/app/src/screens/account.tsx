// One's account, and its second factor: an app that shows codes, and codes for when it is lost.

import { useState } from "preact/hooks";
import { accounts, command, must, renewed } from "../api";
import type { components } from "../contracts/accounts";
import { useLabels } from "../labels";
import { useWords } from "../language";
import { Facts, Field, filled, Form, Screen } from "../parts";
import { go, Link } from "../routing";
import { present, type Session, useSession } from "../session";

type Enrolment = components["schemas"]["Enrolment"];

export function MyAccount() {
  const words = useWords();
  const labels = useLabels("accounts");
  const { me } = useSession();
  const { enrolled } = me.second_factor;
  return (
    <Screen title={words.text("account")}>
      <Facts
        facts={{
          name: <bdi>{me.name}</bdi>,
          email: me.email && <bdi>{me.email}</bdi>,
          phone: me.phone && <bdi dir="ltr">{me.phone}</bdi>,
          roles: words.list(me.roles.map((role) => labels.of("Role", role))),
          second_factor: words.text(enrolled ? "is_enrolled" : "is_not_enrolled"),
        }}
      />
      {!enrolled && (
        <p>
          <Link to={["second-factor"]}>{words.text("enrol")}</Link>
        </p>
      )}
    </Screen>
  );
}

/**
 * Enrols a second factor in three steps: the password, a code of the app, the recovery codes.
 *
 * Whoever has a role that needs one sees this screen until it is done.
 */
export function SecondFactor({ entered }: { entered: (session: Session) => void }) {
  const words = useWords();
  const { me } = useSession();
  const [begun, setBegun] = useState<Enrolment>();
  const [codes, setCodes] = useState<string[]>();
  return (
    <Screen title={words.text("second_factor")}>
      {codes !== undefined ? (
        <RecoveryCodes codes={codes} entered={entered} />
      ) : me.second_factor.enrolled ? (
        <p>{words.text("is_enrolled")}</p>
      ) : begun !== undefined ? (
        <Confirmation enrolment={begun} confirmed={setCodes} />
      ) : (
        <Beginning begun={setBegun} />
      )}
    </Screen>
  );
}

/** Who found a device that is signed in does not know the password. */
function Beginning({ begun }: { begun: (enrolment: Enrolment) => void }) {
  const words = useWords();

  async function send(form: FormData): Promise<void> {
    const body = { password: filled(form, "/password") };
    begun(await must(accounts.POST("/me/second-factor", { params: { header: command() }, body })));
  }

  return (
    <>
      <p>{words.text("why_second_factor")}</p>
      <Form label={words.text("second_factor")} button={words.text("go_on")} send={send}>
        <Field
          name="/password"
          label={words.text("password")}
          type="password"
          autocomplete="current-password"
        />
      </Form>
    </>
  );
}

interface ConfirmationProps {
  enrolment: Enrolment;
  confirmed: (codes: string[]) => void;
}

function Confirmation({ enrolment, confirmed }: ConfirmationProps) {
  const words = useWords();

  async function send(form: FormData): Promise<void> {
    const params = { header: command() };
    const body = { code: filled(form, "/code") };
    const done = await must(accounts.POST("/me/second-factor/confirmation", { params, body }));
    confirmed(done.recovery_codes);
  }

  return (
    <>
      <p>{words.text("scan")}</p>
      <img class="code" src={enrolment.picture} alt={words.text("qr_code")} />
      <p>{words.text("or_type")}</p>
      <p>
        <code dir="ltr">{enrolment.secret}</code>
      </p>
      <Form label={words.text("second_factor")} button={words.text("confirm")} send={send}>
        <Field
          name="/code"
          label={words.text("code")}
          hint={words.text("code_hint")}
          inputMode="numeric"
          autocomplete="one-time-code"
        />
      </Form>
    </>
  );
}

interface RecoveryProps {
  codes: readonly string[];
  entered: (session: Session) => void;
}

/** They are shown this once. The session has every role from its next renewal on. */
function RecoveryCodes({ codes, entered }: RecoveryProps) {
  const words = useWords();

  async function send(): Promise<void> {
    await renewed();
    entered(await present());
    go();
  }

  return (
    <>
      <p role="status">{words.text("recovery_codes")}</p>
      <ol class="codes" aria-label={words.text("recovery")}>
        {codes.map((code) => (
          <li key={code}>
            <code dir="ltr">{code}</code>
          </li>
        ))}
      </ol>
      <Form button={words.text("codes_kept")} send={send} />
    </>
  );
}
