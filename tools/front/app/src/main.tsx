// The app: who is signed in, in which language, and the screen of the address.

import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { SIGNED_OUT } from "./api";
import {
  type Language,
  LANGUAGES,
  preferred,
  speak,
  type TextName,
  useWords,
  Words,
  WordsContext,
} from "./language";
import { Screen } from "./parts";
import { go, Link, useRoute } from "./routing";
import { MyAccount, SecondFactor } from "./screens/account";
import { QuotesToProcess } from "./screens/awarding";
import { Forgotten, MailLink, SignIn } from "./screens/entering";
import { MyInvoices, OneInvoice } from "./screens/invoices";
import { Join } from "./screens/joining";
import { MyMissions, OneMission } from "./screens/missions";
import { Register, Registration } from "./screens/registering";
import { MyQuotes, Trip, TripsNearHome } from "./screens/trips";
import { forget, resumed, type Session, SessionContext, signOut } from "./session";
import "./style.css";

const OF_DRIVERS: readonly [string, TextName][] = [
  ["trips", "trips"],
  ["quotes", "my_quotes"],
  ["missions", "missions"],
  ["invoices", "invoices"],
];
const OF_LOGISTICS: readonly [string, TextName][] = [["awarding", "quotes_to_process"]];

function App({ first }: { first: Session | null }) {
  const [session, setSession] = useState(first);
  const [language, setLanguage] = useState(preferred);
  const words = useMemo(() => new Words(language, session?.zone ?? "UTC"), [language, session]);

  useEffect(() => {
    const left = () => {
      forget();
      setSession(null);
    };
    window.addEventListener(SIGNED_OUT, left);
    return () => window.removeEventListener(SIGNED_OUT, left);
  }, []);

  function choose(chosen: Language): void {
    speak(chosen, true);
    setLanguage(chosen);
  }

  async function leave(): Promise<void> {
    await signOut();
    setSession(null);
    go();
  }

  return (
    <WordsContext.Provider value={words}>
      <SessionContext.Provider value={session}>
        <Header session={session} language={language} choose={choose} leave={leave} />
        <main>
          <Present session={session} entered={setSession} />
        </main>
        <p id="announcements" class="hidden" role="status" />
      </SessionContext.Provider>
    </WordsContext.Provider>
  );
}

interface HeaderProps {
  session: Session | null;
  language: Language;
  choose: (language: Language) => void;
  leave: () => Promise<void>;
}

function Header({ session, language, choose, leave }: HeaderProps) {
  const words = useWords();
  const [here = screens(session)[0]?.[0]] = useRoute();
  return (
    <header>
      <p class="name">Relais</p>
      {session !== null && screens(session).length > 0 && (
        <nav aria-label={words.text("screens")}>
          {screens(session).map(([path, name]) => (
            <Link key={path} to={[path]} isHere={path === here}>
              {words.text(name)}
            </Link>
          ))}
        </nav>
      )}
      <div class="who">
        <label>
          <span class="hidden">{words.text("language")}</span>
          <select onChange={(event) => choose(event.currentTarget.value as Language)}>
            {Object.entries(LANGUAGES).map(([tag, name]) => (
              <option key={tag} value={tag} lang={tag} selected={tag === language}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {session !== null && (
          <>
            <Link to={["account"]} isHere={here === "account"}>
              <bdi>{session.me.name}</bdi>
            </Link>
            <button type="button" onClick={leave}>
              {words.text("sign_out")}
            </button>
          </>
        )}
      </div>
    </header>
  );
}

function screens(session: Session | null): readonly [string, TextName][] {
  const isIn = session !== null && !session.isEnrolling && !session.isBarred;
  const roles = isIn ? session.me.roles : [];
  return [
    ...(roles.includes("driver") ? OF_DRIVERS : []),
    ...(roles.includes("logistics") ? OF_LOGISTICS : []),
  ];
}

interface PresentProps {
  session: Session | null;
  entered: (session: Session) => void;
}

/** The screen of the present address. */
function Present({ session, entered }: PresentProps) {
  const [name = "", id] = useRoute();
  if (name === "set-password" || name === "confirm-address") return <MailLink purpose={name} />;
  if (name === "join") return <Join session={session} entered={entered} />;
  if (session === null) {
    if (name === "register") return <Register entered={entered} />;
    return name === "forgotten" ? <Forgotten /> : <SignIn entered={entered} />;
  }
  if (session.isBarred) return <Registration entered={entered} />;
  if (session.isEnrolling) return <SecondFactor entered={entered} />;
  const [[first] = ["account"]] = screens(session);
  switch (name || first) {
    case "trips":
      return id === undefined ? <TripsNearHome /> : <Trip key={id} tripId={id} />;
    case "quotes":
      return <MyQuotes />;
    case "missions":
      return id === undefined ? <MyMissions /> : <OneMission key={id} tripId={id} />;
    case "invoices":
      return id === undefined ? <MyInvoices /> : <OneInvoice key={id} invoiceId={id} />;
    case "awarding":
      return <QuotesToProcess />;
    case "account":
      return <MyAccount />;
    case "second-factor":
      return <SecondFactor entered={entered} />;
    default:
      return <Nothing />;
  }
}

function Nothing() {
  const words = useWords();
  return (
    <Screen title={words.text("nothing_here")}>
      <p>
        <Link to={[]}>{words.text("to_start")}</Link>
      </p>
    </Screen>
  );
}

speak(preferred());
render(<App first={await resumed()} />, document.getElementById("app") as HTMLElement);
