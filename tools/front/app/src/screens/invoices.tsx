// One's invoices, and one of them: what it is worth, expenses with their receipts, the validation.

import { useState } from "preact/hooks";
import { account, command, invoices, must, ORIGIN } from "../api";
import type { components as Invoices } from "../contracts/invoices";
import { useLabels } from "../labels";
import { useWords } from "../language";
import { useAnswer } from "../live";
import { Amount, Answered, chosen, Facts, Field, filled, Form, List, Screen } from "../parts";
import { Link } from "../routing";
import { upload } from "../upload";

type Invoice = Invoices["schemas"]["InvoiceShown"];
type Kind = Invoices["schemas"]["ExpenseKind"];

const MOST = 50;

export function MyInvoices() {
  const words = useWords();
  const labels = useLabels("account");
  const found = useAnswer((how) =>
    account.GET("/invoices", { ...how, params: { query: { limit: MOST } } }),
  );
  const title = words.text("invoices");
  return (
    <Screen title={title}>
      <Answered shown={found}>
        {({ items }) => (
          <List items={items} none="no_invoices" label={title}>
            {(invoice) => (
              <li key={invoice.invoice_id}>
                <h2>
                  <Link to={["invoices", invoice.invoice_id]}>{invoice.description}</Link>
                </h2>
                <p class="badge">{labels.of("InvoiceStatus", invoice.status)}</p>
                <p>{words.time(invoice.delivered_at)}</p>
              </li>
            )}
          </List>
        )}
      </Answered>
    </Screen>
  );
}

export function OneInvoice({ invoiceId }: { invoiceId: string }) {
  const words = useWords();
  const labels = useLabels("invoices");
  const path = { invoice_id: invoiceId };
  const listed = useAnswer((how) =>
    account.GET("/invoices/{invoice_id}", { ...how, params: { path } }),
  );
  // The list says live that something happened; the sum is asked where it is never stale.
  const invoice = useAnswer(
    (how) => invoices.GET("/invoices/{invoice_id}", { ...how, params: { path } }),
    [listed.etag],
  );
  return (
    <Screen title={words.text("invoice")}>
      <Answered shown={invoice}>
        {(found) => (
          <>
            <p class="way">{found.description}</p>
            <Facts
              facts={{
                status: labels.of("InvoiceStatus", found.status),
                number: found.number && <bdi>{found.number}</bdi>,
              }}
            />
            <Lines invoice={found} />
            {found.status === "to_complete" && (
              <>
                <Expense invoice={found} changed={invoice.again} />
                <Validation invoice={found} changed={invoice.again} />
              </>
            )}
            {found.number !== null && (
              <p>
                <a href={`${ORIGIN}/invoices/invoices/${invoiceId}/document`}>
                  {words.text("document")}
                </a>
              </p>
            )}
          </>
        )}
      </Answered>
    </Screen>
  );
}

function Lines({ invoice }: { invoice: Invoice }) {
  const words = useWords();
  const labels = useLabels("invoices");
  return (
    <table>
      <caption>{words.text("lines")}</caption>
      <tbody>
        {invoice.lines.map((line) => (
          <tr key={line.line_id}>
            <th scope="row">
              {line.kind === null ? words.text("service") : labels.of("ExpenseKind", line.kind)}
            </th>
            <td>
              <Amount of={line.amount} />
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{words.text("net")}</th>
          <td>
            <Amount of={invoice.net} />
          </td>
        </tr>
      </tfoot>
    </table>
  );
}

interface Changing {
  invoice: Invoice;
  changed: () => Promise<void>;
}

/** Declares one of the expenses that were quoted or granted, with its receipt. */
function Expense({ invoice, changed }: Changing) {
  const words = useWords();
  const labels = useLabels("invoices");
  const [share, setShare] = useState<number>();
  const open = invoice.compared.filter((one) => one.declared.amount_minor < one.allowed.amount_minor);
  if (open.length === 0) return null;
  const { currency } = invoice;

  async function send(form: FormData): Promise<void> {
    const receipt = chosen(form, "/receipt_file_id", words.text("choose_file"));
    setShare(0);
    try {
      const receipt_file_id = await upload(receipt, "receipt", setShare);
      const amount_minor = words.minor(filled(form, "/amount/amount_minor"), currency);
      const kind = filled(form, "/kind") as Kind;
      const params = { path: { invoice_id: invoice.invoice_id }, header: command() };
      const body = { kind, amount: { amount_minor, currency }, receipt_file_id };
      await must(invoices.POST("/invoices/{invoice_id}/expenses", { params, body }));
    } finally {
      setShare(undefined);
    }
    await changed();
  }

  return (
    <Form
      key={invoice.lines.length}
      label={words.text("add_expense")}
      button={words.text("add_expense")}
      send={send}
    >
      <div class="field">
        <label for="kind">{words.text("expense")}</label>
        <select id="kind" name="/kind">
          {open.map(({ kind, allowed }) => (
            <option key={kind} value={kind}>
              {words.text("expense_at_most", {
                expense: labels.of("ExpenseKind", kind),
                amount: words.money(allowed),
              })}
            </option>
          ))}
        </select>
      </div>
      <Field
        name="/amount/amount_minor"
        label={words.text("amount_of", { currency })}
        inputMode="decimal"
      />
      <Field
        name="/receipt_file_id"
        label={words.text("receipt")}
        type="file"
        accept="image/*,.pdf"
      />
      {share !== undefined && <progress value={share} aria-label={words.text("sending")} />}
    </Form>
  );
}

/** Validates the sum that was seen: 412 when it is another one by now. */
function Validation({ invoice, changed }: Changing) {
  const words = useWords();

  async function send(): Promise<void> {
    const params = { path: { invoice_id: invoice.invoice_id }, header: command() };
    const body = { net: invoice.net };
    await must(invoices.POST("/invoices/{invoice_id}/validation", { params, body }));
    await changed();
  }

  return <Form button={words.text("validate")} send={send} />;
}
