using System.Globalization;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;

namespace Purser.Wallet.Journal;

/// <summary>The forms in which a journal is written out.</summary>
public enum JournalFormat
{
    /// <summary>RFC 4180: a header line, commas, CRLF. Made safe for spreadsheets; see <see cref="JournalExport"/>.</summary>
    Csv,

    /// <summary>One JSON object: <c>version</c>, <c>entries</c> and <c>heads</c>.</summary>
    Json,

    /// <summary>One JSON object on each line: the entries, then the heads as <c>{"head":…}</c>.</summary>
    JsonLines,
}

/// <summary>
/// Writes the whole journal out, of one snapshot, entry by entry and in bounded memory. The JSON forms lose nothing: MACs can be recomputed from them with the journal's key. In CSV a cell that a
/// spreadsheet would take for a formula (it begins with <c>= + - @</c>, a tab or a line break) gets an apostrophe before it, since reasons are strangers' words.
/// </summary>
public sealed class JournalExport : IDisposable
{
    private static readonly string[] s_columns =
        ["account", "sequence", "at", "event", "intentId", "kind", "asset", "amount", "counterparty", "origin", "transaction", "reason", "body", "mac"];

    private readonly TextWriter _output;
    private readonly JournalFormat _format;
    private readonly MemoryStream _buffer = new();
    private readonly Utf8JsonWriter _json;
    private bool _any;

    private JournalExport(TextWriter output, JournalFormat format)
    {
        _output = output;
        _format = format;
        _json = new(_buffer);
    }

    /// <summary>Writes a journal; gives the number of entries.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="output">Where to; UTF-8 without byte order mark is what the JSON forms need. It is not closed.</param>
    /// <param name="format">The form.</param>
    /// <param name="cancellationToken">Stops between pages; what was written is then a part.</param>
    public static async Task<long> WriteAsync(PaymentJournal journal, TextWriter output, JournalFormat format, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(output);
        using var export = new JournalExport(output, format);
        export.Begin();
        var heads = new List<JournalHead>();
        var count = await journal.ExportAsync(export.Entry, heads.Add, cancellationToken);
        export.End(heads);
        return count;
    }

    /// <summary>Writes one CSV cell: quoted where RFC 4180 asks for it, and never a formula.</summary>
    public static string Cell(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' ? "'" + text : text;
        return safe.AsSpan().ContainsAny("\",\r\n") || (safe.Length > 0 && (safe[0] == ' ' || safe[^1] == ' ')) ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _json.Dispose();
        _buffer.Dispose();
    }

    private void Begin()
    {
        if (_format == JournalFormat.Csv)
        {
            Line(s_columns);
        }
        else if (_format == JournalFormat.Json)
        {
            _output.Write("{\"version\":1,\"entries\":[");
        }
    }

    private void Entry(JournalEntry entry)
    {
        if (_format == JournalFormat.Csv)
        {
            Line(Cells(entry));
            return;
        }

        Separate();
        _json.WriteStartObject();
        _json.WriteString("account", entry.Account.ToString());
        _json.WriteNumber("sequence", entry.Sequence);
        _json.WriteString("at", At(entry));
        _json.WriteString("event", entry.Event);
        _json.WriteString("intentId", entry.IntentId);
        if (TryParse(entry.Body.Span, out var body))
        {
            _json.WritePropertyName("body");
            _json.WriteRawValue(entry.Body.Span);
            body.Dispose();
        }
        else
        {
            // An edited body that is no JSON any more: its bytes, so that the export says what is there and stays JSON itself.
            _json.WriteString("bodyHex", Hex.Encode(entry.Body.Span));
        }

        _json.WriteString("mac", entry.Mac.ToString());
        _json.WriteEndObject();
        Flush();
    }

    private void End(List<JournalHead> heads)
    {
        if (_format == JournalFormat.Json)
        {
            _output.Write("\n],\"heads\":[");
            _any = false;
        }

        foreach (var head in _format == JournalFormat.Csv ? [] : heads)
        {
            Separate();
            _json.WriteStartObject();
            _json.WriteString("head", head.ToLine());
            _json.WriteEndObject();
            Flush();
        }

        _output.Write(_format == JournalFormat.Json ? "\n]}\n" : "");
        _output.Flush();
    }

    private void Separate()
    {
        if (_format == JournalFormat.Json)
        {
            _output.Write(_any ? ",\n" : "\n");
        }

        _any = true;
    }

    private void Flush()
    {
        _json.Flush();
        _output.Write(Encoding.UTF8.GetString(_buffer.GetBuffer(), 0, (int)_buffer.Length));
        _output.Write(_format == JournalFormat.JsonLines ? "\n" : "");
        _buffer.SetLength(0);
        _json.Reset();
    }

    private void Line(IEnumerable<string> cells)
    {
        _output.Write(string.Join(',', cells.Select(Cell)));
        _output.Write("\r\n");
    }

    private static IEnumerable<string> Cells(JournalEntry entry)
    {
        var (kind, asset, amount, counterparty, origin) = ("", "", "", "", "");
        var (transaction, reason) = ("", "");
        if (TryParse(entry.Body.Span, out var body))
        {
            using (body)
            {
                if (body.RootElement.TryGetProperty("intent", out var written) && IntentJson.Parse(Encoding.UTF8.GetBytes(written.GetRawText())) is IntentReading.Read { Intent: var intent })
                {
                    (asset, amount, counterparty, origin) = Particulars(intent);
                    kind = intent.Kind;
                }

                (transaction, reason) = (Text(body.RootElement, "transaction"), Text(body.RootElement, "reason"));
            }
        }

        return
        [
            entry.Account.ToString(), entry.Sequence.ToString(CultureInfo.InvariantCulture), At(entry), entry.Event, entry.IntentId, kind, asset, amount, counterparty, origin,
            transaction, reason, Encoding.UTF8.GetString(entry.Body.Span), entry.Mac.ToString(),
        ];
    }

    private static (string Asset, string Amount, string Counterparty, string Origin) Particulars(Intent intent) => intent switch
    {
        PaymentIntent payment => (payment.Asset.ToString(), payment.Amount.ToString(), payment.PayTo.ToString(), payment.Origin),
        TransferIntent transfer => (transfer.Asset.ToString(), transfer.Amount.ToString(), transfer.To.ToString(), ""),
        ApproveIntent approve => (approve.Asset.ToString(), approve.Amount.ToString(), approve.Spender.ToString(), ""),
        ContractCallIntent call => (AssetId.Native(call.Network).ToString(), call.Value.ToString(), call.Contract.ToString(), ""),
        SignInIntent signIn => ("", "", "", signIn.Origin),
        TokenPermitIntent permit => (permit.Asset.ToString(), permit.Amount.ToString(), TokenPermitIntent.Spender.ToString(), ""),
        _ => throw new System.Diagnostics.UnreachableException(intent.Kind),
    };

    private static string At(JournalEntry entry) => entry.At.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Text(JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static bool TryParse(ReadOnlySpan<byte> utf8, out JsonDocument body)
    {
        try
        {
            body = JsonDocument.Parse(utf8.ToArray(), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (body.RootElement.ValueKind == JsonValueKind.Object)
            {
                return true;
            }

            body.Dispose();
            return false;
        }
        catch (JsonException)
        {
            body = null!;
            return false;
        }
    }
}
