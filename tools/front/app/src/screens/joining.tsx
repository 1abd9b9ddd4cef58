// A company joins a marketplace that invited it: it signs up, or joins with the account that it has.

import { useState } from "preact/hooks";
import { accounts, command, marketplace, must, Refusal } from "../api";
import type { components } from "../contracts/marketplace";
import { useLabels } from "../labels";
import { useWords } from "../language";
import { useAnswer } from "../live";
import { Answered, Choice, Field, filled, Form, refuse, Screen, Select } from "../parts";
import { go } from "../routing";
import { type Session, signIn } from "../session";
import { BackToSignIn } from "./entering";

type Invitation = components["schemas"]["InvitationShown"];
type Document = components["schemas"]["DocumentShown"];

interface JoinProps {
  session: Session | null;
  entered: (session: Session) => void;
}

/** Where the mail of an invitation leads to. Its token is behind the `#`. */
export function Join({ session, entered }: JoinProps) {
  const words = useWords();
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get("token") ?? "");
  const [joined, setJoined] = useState<string>();
  const invitation = useAnswer((how) => {
    const params = { header: command() };
    return marketplace.POST("/invitations/shown", { params, body: { token }, ...how });
  });

  /** Sends what accepts the documents; where others hold by now, shows these. */
  async function accepting(send: Promise<unknown>): Promise<void> {
    try {
      await send;
    } catch (error) {
      if (error instanceof Refusal && error.problem.status === 409) await invitation.again();
      throw error;
    }
  }

  return (
    <Screen title={words.text("join")}>
      <p role="status">{joined !== undefined && words.text("has_joined", { name: joined })}</p>
      {joined === undefined && (
        <Answered shown={invitation}>
          {(shown) => (
            <>
              <Invited invitation={shown} />
              {session === null ? (
                <SignUp
                  invitation={shown}
                  token={token}
                  accepting={accepting}
                  entered={entered}
                />
              ) : (
                <JoinWithAccount
                  invitation={shown}
                  token={token}
                  accepting={accepting}
                  joined={() => setJoined(shown.marketplace_name)}
                />
              )}
            </>
          )}
        </Answered>
      )}
      {session === null && <BackToSignIn />}
    </Screen>
  );
}

// --- What is seen before one joins --------------------------------------------------------------

function Invited({ invitation }: { invitation: Invitation }) {
  const words = useWords();
  const labels = useLabels("marketplace");
  const { terms, internal_documents, documents } = invitation;

  /** Until when a document is good. */
  function validity({ most_months, of_this_year }: Invitation["documents"][number]): string {
    if (of_this_year) return words.text("of_this_year");
    if (most_months === null) return "";
    return words.text("months_old", { months: words.number(most_months) });
  }

  return (
    <>
      <p>{words.text("invited_by", { name: invitation.marketplace_name })}</p>
      <p>{words.text("invited_until", { at: words.time(invitation.expires_at) })}</p>
      {terms !== null && (
        <section aria-labelledby="terms">
          <h2 id="terms">{words.text("terms")}</h2>
          <Readable document={terms} />
        </section>
      )}
      {internal_documents.length > 0 && (
        <section aria-labelledby="internal">
          <h2 id="internal">{words.text("internal_documents")}</h2>
          <ul>
            {internal_documents.map((one) => (
              <li key={one.document_id}>
                <Readable document={one} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {documents.length > 0 && (
        <section aria-labelledby="wanted">
          <h2 id="wanted">{words.text("documents_to_apply")}</h2>
          <ul>
            {documents.map((one) => (
              <li key={one.kind}>
                {labels.of("DocumentKind", one.kind)} {validity(one)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** A document in the version that holds. */
function Readable({ document }: { document: Document }) {
  const words = useWords();
  const version = words.text("version", { version: words.number(document.version) });
  return (
    <>
      {document.url === null ? (
        <bdi>{document.title}</bdi>
      ) : (
        <a href={document.url} target="_blank" rel="noopener noreferrer">
          <bdi>{document.title}</bdi>
        </a>
      )}{" "}
      ({version})
    </>
  );
}

// --- Joining ------------------------------------------------------------------------------------

interface JoiningProps {
  invitation: Invitation;
  token: string;
  accepting: (send: Promise<unknown>) => Promise<void>;
}

/** The versions that were shown, which are accepted. */
const accepted = ({ terms, internal_documents }: Invitation) => ({
  terms_version: terms?.version ?? null,
  internal_documents: internal_documents.map(({ document_id, version }) => ({
    document_id,
    version,
  })),
});

/** The box to tick, where there is something to accept. */
function Accept({ invitation }: { invitation: Invitation }) {
  const words = useWords();
  if (isFree(invitation)) return null;
  return <Choice name="/terms_version" label={words.text("accept_terms")} />;
}

const isFree = (invitation: Invitation) =>
  invitation.terms === null && invitation.internal_documents.length === 0;

function SignUp(props: JoiningProps & { entered: (session: Session) => void }) {
  const { invitation, token, accepting, entered } = props;
  const words = useWords();

  async function send(form: FormData): Promise<void> {
    if (!isFree(invitation) && !form.has("/terms_version")) {
      refuse("/terms_version", words.text("accept_first"));
    }
    const email = filled(form, "/email");
    const password = filled(form, "/password");
    const body = {
      token,
      name: filled(form, "/name"),
      manager_name: filled(form, "/manager_name"),
      email,
      password,
      country: filled(form, "/country"),
      time_zone: null,
      ...accepted(invitation),
      language: words.language,
    };
    const params = { header: command() };
    await accepting(must(accounts.POST("/company-registrations", { params, body })));
    entered(await signIn({ email, password, code: null, remember_me: false }));
    go();
  }

  return (
    <>
      <h2>{words.text("sign_up")}</h2>
      <p>{words.text("has_account")}</p>
      <Form label={words.text("sign_up")} button={words.text("sign_up")} send={send}>
        <Field name="/name" label={words.text("company_name")} autocomplete="organization" />
        <Select
          name="/country"
          label={words.text("country")}
          options={words.countries()}
          value={words.region()}
          autocomplete="country"
        />
        <Field name="/manager_name" label={words.text("manager_name")} autocomplete="name" />
        <Field
          name="/email"
          label={words.text("email")}
          hint={words.text("invited_address")}
          type="email"
          autocomplete="username"
        />
        <Field
          name="/password"
          label={words.text("new_password")}
          hint={words.text("password_hint")}
          type="password"
          autocomplete="new-password"
        />
        <Accept invitation={invitation} />
      </Form>
    </>
  );
}

function JoinWithAccount(props: JoiningProps & { joined: () => void }) {
  const { invitation, token, accepting, joined } = props;
  const words = useWords();

  async function send(form: FormData): Promise<void> {
    if (!isFree(invitation) && !form.has("/terms_version")) {
      refuse("/terms_version", words.text("accept_first"));
    }
    const params = { header: command() };
    const body = { token, ...accepted(invitation) };
    await accepting(must(marketplace.POST("/marketplaces", { params, body })));
    joined();
  }

  return (
    <Form label={words.text("join")} button={words.text("join_it")} send={send}>
      <Accept invitation={invitation} />
    </Form>
  );
}
