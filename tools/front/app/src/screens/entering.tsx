// The way in: signing in, and the screens that the links of mails lead to.

import { useState } from "preact/hooks";
import { accounts, command, must, Refusal } from "../api";
import { useWords } from "../language";
import { Choice, Field, filled, Form, Screen } from "../parts";
import { Link } from "../routing";
import { type Session, signIn } from "../session";

export function SignIn({ entered }: { entered: (session: Session) => void }) {
  const words = useWords();
  const [hasCode, setHasCode] = useState(false);

  async function send(form: FormData): Promise<void> {
    try {
      entered(
        await signIn({
          ...login(form),
          password: filled(form, "/password"),
          code: filled(form, "/code") || null,
          remember_me: form.has("/remember_me"),
        }),
      );
    } catch (error) {
      if (!isAskedForCode(error) || hasCode) throw error;
      setHasCode(true);
    }
  }

  return (
    <Screen title={words.text("sign_in")}>
      <Form label={words.text("sign_in")} button={words.text("sign_in")} send={send}>
        <Login />
        <Field
          name="/password"
          label={words.text("password")}
          type="password"
          autocomplete="current-password"
        />
        {hasCode && (
          <Field
            name="/code"
            label={words.text("code")}
            hint={words.text("code_or_recovery")}
            autocomplete="one-time-code"
            isNext
          />
        )}
        <Choice name="/remember_me" label={words.text("remember_me")} />
      </Form>
      <p>
        <Link to={["forgotten"]}>{words.text("forgotten")}</Link>
      </p>
      <p>
        <Link to={["register"]}>{words.text("register")}</Link>
      </p>
    </Screen>
  );
}

/** The field for an address, or for a phone in its place. */
function Login() {
  const words = useWords();
  const [isPhone, setPhone] = useState(false);
  return (
    <>
      {isPhone ? (
        <Field
          key="phone"
          name="/phone"
          label={words.text("phone")}
          hint={words.text("phone_hint")}
          type="tel"
          autocomplete="username"
          isNext
        />
      ) : (
        <Field name="/email" label={words.text("email")} type="email" autocomplete="username" />
      )}
      <button type="button" class="plain" onClick={() => setPhone(!isPhone)}>
        {words.text(isPhone ? "by_email" : "by_phone")}
      </button>
    </>
  );
}

/** Which of the two was filled in. */
const login = (form: FormData) =>
  form.has("/phone") ? { phone: filled(form, "/phone") } : { email: filled(form, "/email") };

/** Whether the password was right, and the second factor is asked for. */
const isAskedForCode = (error: unknown) =>
  error instanceof Refusal && error.problem.type.endsWith("second-factor-needed");

/** Asks for the mail with a link; also the first way in after an invitation. */
export function Forgotten() {
  const words = useWords();
  const [isSent, setSent] = useState(false);

  async function send(form: FormData): Promise<void> {
    const body = login(form);
    await must(accounts.POST("/password-resets", { params: { header: command() }, body }));
    setSent(true);
  }

  return (
    <Screen title={words.text("forgotten")}>
      <p role="status">{isSent && words.text("mail_sent")}</p>
      {!isSent && (
        <Form label={words.text("forgotten")} button={words.text("send_mail")} send={send}>
          <Login />
        </Form>
      )}
      <BackToSignIn />
    </Screen>
  );
}

/** What the links in mails lead to. Their token is behind the `#`, which no server is told. */
export function MailLink({ purpose }: { purpose: "set-password" | "confirm-address" }) {
  const words = useWords();
  const [isDone, setDone] = useState(false);
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get("token") ?? "");
  const setsPassword = purpose === "set-password";
  const title = words.text(setsPassword ? "set_password" : "confirm_address");

  async function send(form: FormData): Promise<void> {
    const params = { header: command() };
    if (setsPassword) {
      const body = { token, password: filled(form, "/password") };
      await must(accounts.PUT("/password", { params, body }));
    } else {
      await must(accounts.PUT("/email", { params, body: { token } }));
    }
    setDone(true);
  }

  return (
    <Screen title={title}>
      <p role="status">{isDone && words.text(setsPassword ? "password_set" : "address_confirmed")}</p>
      {!isDone && (
        <Form label={title} button={title} send={send}>
          {setsPassword && (
            <Field
              name="/password"
              label={words.text("new_password")}
              hint={words.text("password_hint")}
              type="password"
              autocomplete="new-password"
            />
          )}
        </Form>
      )}
      <BackToSignIn />
    </Screen>
  );
}

export function BackToSignIn() {
  return (
    <p>
      <Link to={[]}>{useWords().text("to_sign_in")}</Link>
    </p>
  );
}
