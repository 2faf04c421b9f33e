using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Wallet.Journal;

namespace Purser.Cli.Commands;

/// <summary><c>purser journal list · verify · export · clock</c>: what the wallet did, whether the record is whole, a copy of it, and the time that it is kept by. None of them unlocks a key or changes a payment.</summary>
public static class JournalCommands
{
    private const int MaxAnchorBytes = 1024 * 1024;

    private static readonly Option<bool> s_local = new("--local") { Description = "The journal of this data folder, although a vault is logged in." };

    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Group("journal", "The record of everything that was signed, approved and allowed.",
        List(output), Verify(output), Export(output), Clock(output));

    private static Command List(CliOutput output)
    {
        var account = new Option<string?>("--account") { Description = "Whose: an address, or 'operator' for what is no account's (default: all).", HelpName = "ADDRESS" };
        var limit = new Option<int>("--limit") { Description = "How many, 1 to 1000 (default 50).", DefaultValueFactory = _ => 50 };
        return PurserCommand.Make(output, "list", "Entries, the newest first, and where each journal ends.", [account, limit, s_local], async (context, token) =>
        {
            if (context.Parsed.GetValue(limit) is < 1 or > 1000)
            {
                return CliResult.Usage("limit_invalid", "--limit must be 1 to 1000.", "Give a number in that range.");
            }

            var whose = ReadAccount(context.Parsed.GetValue(account));
            await using var folder = await OpenAsync(context, token);
            var entries = await folder.Journal.ListAsync(whose, context.Parsed.GetValue(limit), token);
            var heads = await folder.Journal.GetHeadsAsync(token);
            return new CliResult.Ok(new JsonObject { ["entries"] = new JsonArray([.. entries.Select(Describe)]), ["heads"] = Lines(heads) })
            {
                Text = entries.Count == 0 ? ["The journal is empty."] : [.. entries.Select(Line), "", "Where it ends (keep these lines elsewhere):", .. heads.Select(head => head.ToLine())],
            };
        });
    }

    private static Command Verify(CliOutput output)
    {
        var anchor = new Option<string[]>("--anchor") { Description = "A head that was kept elsewhere, or a file of them; may be repeated.", HelpName = "FILE|HEAD", DefaultValueFactory = _ => [] };
        return PurserCommand.Make(output, "verify", "Recomputes the journal and compares payments, budgets, approvals and policy with it.", [anchor, s_local], async (context, token) =>
        {
            var anchors = context.Parsed.GetValue(anchor)!.SelectMany(ReadAnchors).ToList();
            await using var folder = await OpenAsync(context, token);
            var findings = await folder.Journal.VerifyAsync(anchors, token);
            if (findings.Count > 0)
            {
                var first = findings[0];
                return CliResult.Failed("journal_differs", $"The journal does not agree with what is stored: {findings.Count} findings, the first {first.Code}: {UntrustedText.Clean(first.Message, 300)}.",
                    "Trust nothing in this data folder: stop the agent, keep a copy of the folder, and compare with a backup and with the chain.") with
                {
                    Details = new JsonObject { ["findings"] = new JsonArray([.. findings.Select(Describe)]) },
                };
            }

            var heads = await folder.Journal.GetHeadsAsync(token);
            return new CliResult.Ok(new JsonObject { ["verified"] = true, ["anchors"] = anchors.Count, ["heads"] = Lines(heads) })
            {
                Text = [$"The journal is whole{(anchors.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" and holds the {anchors.Count} given heads"))}. It ends at (keep these lines elsewhere):", .. heads.Select(head => head.ToLine())],
            };
        });
    }

    private static Command Clock(CliOutput output)
    {
        var accept = new Option<bool>("--accept") { Description = "Accept, with the approver's secret, that the wallet's time lies ahead of this machine's, which is right." };
        return PurserCommand.Make(output, "clock", "The wallet's time beside this machine's, and the way out when a clock once ran ahead.", [accept], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            var clock = await session.OpenClockAsync(token);
            if (context.Parsed.GetValue(accept))
            {
                var before = await clock.ReadAsync(token);
                var pass = await ApproverConsent.AskAsync(context, session, [.. Lines(before), "It cannot be set back. Accepted, it goes on from there at this machine's pace, and every time that the wallet shows is ahead."], token);
                if (await clock.AcceptAsync(pass, token) is { } refusal)
                {
                    return WalletRefusals.ToResult(refusal);
                }
            }

            var standing = await clock.ReadAsync(token);
            return new CliResult.Ok(new JsonObject
            {
                ["machine"] = standing.Machine.ToString("O", CultureInfo.InvariantCulture),
                ["wallet"] = standing.Wallet.ToString("O", CultureInfo.InvariantCulture),
                ["acceptedAheadSeconds"] = (long)standing.Accepted.TotalSeconds,
                ["behindSeconds"] = (long)standing.Behind.TotalSeconds,
                ["stopped"] = standing.IsStopped,
            })
            {
                Text = Lines(standing),
                Next = standing.IsStopped ? ["purser journal clock --accept"] : [],
            };
        });

        static string[] Lines(ClockStanding standing) =>
        [
            string.Create(CultureInfo.InvariantCulture, $"This machine's clock: {standing.Machine:O}"),
            string.Create(CultureInfo.InvariantCulture, $"The wallet's time:    {standing.Wallet:O} ({(long)standing.Accepted.TotalSeconds} s ahead are accepted)"),
            standing.IsStopped ? string.Create(CultureInfo.InvariantCulture, $"The machine is {(long)standing.Behind.TotalSeconds} s behind: nothing is signed. Set the machine's clock right; if it is right, accept it with --accept.") : "They agree.",
        ];
    }

    private static Command Export(CliOutput output)
    {
        var format = new Option<string>("--format") { Description = "csv, json or jsonl (default csv).", DefaultValueFactory = _ => "csv" };
        var target = new Option<string>("--output", "-o") { Description = "A new file (0600), or - for standard output, which then carries nothing else.", Required = true, HelpName = "FILE" };
        return PurserCommand.Make(output, "export", "Writes the whole journal out.", [format, target, s_local], async (context, token) =>
        {
            JournalFormat? chosen = context.Parsed.GetValue(format) switch { "csv" => JournalFormat.Csv, "json" => JournalFormat.Json, "jsonl" => JournalFormat.JsonLines, _ => null };
            if (chosen is not { } form)
            {
                return CliResult.Usage("format_unknown", "--format must be csv, json or jsonl.", "Choose one of them.");
            }

            await using var folder = await OpenAsync(context, token);
            var path = context.Parsed.GetValue(target)!;
            if (path == "-")
            {
                await JournalExport.WriteAsync(folder.Journal, context.Console.Output, form, token);
                return new CliResult.Stopped();
            }

            if (File.Exists(path))
            {
                return CliResult.Usage("file_exists", "The file is there already.", "Name a file that is not there yet; an export never writes over one.");
            }

            var count = await WriteNewAsync(folder.Journal, path, form, token);
            var heads = await folder.Journal.GetHeadsAsync(token);
            return new CliResult.Ok(new JsonObject { ["file"] = path, ["entries"] = count, ["heads"] = Lines(heads) })
            {
                Text = [string.Create(CultureInfo.InvariantCulture, $"{count} entries in {path}"), .. heads.Select(head => head.ToLine())],
            };
        });
    }

    // Whole or not at all: a file by that name is there only when everything is in it and on disk.
    private static async Task<long> WriteNewAsync(PaymentJournal journal, string path, JournalFormat format, CancellationToken cancellationToken)
    {
        var part = path + ".part";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using (var file = new FileStream(part, options))
        {
            try
            {
                await using var writer = new StreamWriter(file, new UTF8Encoding(false), leaveOpen: true);
                var count = await JournalExport.WriteAsync(journal, writer, format, cancellationToken);
                await writer.FlushAsync(cancellationToken);
                file.Flush(flushToDisk: true);
                File.Move(part, path, overwrite: false);
                return count;
            }
            catch
            {
                File.Delete(part);
                throw;
            }
        }
    }

    // What a vault signed is in the vault's journal, whose key never leaves it: this folder's own, which may be empty, would be the wrong answer.
    private static async Task<JournalFolder> OpenAsync(CommandContext context, CancellationToken cancellationToken)
    {
        using var vault = new VaultAccess(context);
        if (!context.Parsed.GetValue(s_local) && vault.File.Exists && vault.File.Read() is { } session)
        {
            throw new CliRefusalException(new CliResult.Refused(ExitCode.Locked, "journal_at_vault", $"The journal of this login is kept by the vault at {session.Address}.",
                $"At the vault's terminal: purser journal {context.Parsed.CommandResult.Command.Name} --data VAULT/users/{UntrustedText.Clean(session.UserId, 64)}; for the journal of this data folder itself add --local."));
        }

        return DataSession.Take(await JournalFolder.OpenAsync(context.DataDirectory, context.Clock, context.Random, cancellationToken));
    }

    private static Address? ReadAccount(string? text) => text switch
    {
        null => null,
        "operator" => PaymentJournal.Operator,
        _ => Address.TryParse(text, out var address) ? address : throw new CliRefusalException(CliResult.Usage("address_invalid", "--account must be an address, or 'operator'.", "Give 0x and 40 hex digits; `purser wallet list` shows the accounts.")),
    };

    private static IEnumerable<JournalHead> ReadAnchors(string text)
    {
        if (JournalHead.TryParseLine(text, out var head))
        {
            return [head];
        }

        var file = new FileInfo(text);
        if (!file.Exists || file.Length > MaxAnchorBytes)
        {
            throw Invalid($"{UntrustedText.Quote(text, 100)} is neither a head nor a file of at most {MaxAnchorBytes} bytes");
        }

        var heads = new List<JournalHead>();
        foreach (var line in File.ReadLines(text).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            heads.Add(JournalHead.TryParseLine(line, out var one) ? one : throw Invalid($"a line of {UntrustedText.Quote(text, 100)} is no head"));
        }

        // A file that says nothing would make every check pass.
        return heads.Count > 0 ? heads : throw Invalid($"{UntrustedText.Quote(text, 100)} holds no head");

        static CliRefusalException Invalid(string what) =>
            new(CliResult.Usage("anchor_invalid", $"--anchor: {what}.", "A head is one line as `purser journal verify` prints it: purser-journal-head-1 ACCOUNT SEQUENCE MAC."));
    }

    private static JsonArray Lines(IEnumerable<JournalHead> heads) => new([.. heads.Select(head => (JsonNode)head.ToLine())]);

    private static JsonObject Describe(JournalFinding finding) => new()
    {
        ["code"] = finding.Code,
        ["account"] = finding.Account == PaymentJournal.Operator ? null : finding.Account.ToString(),
        ["sequence"] = finding.Sequence == 0 ? null : finding.Sequence,
        ["message"] = UntrustedText.Clean(finding.Message, 300),
    };

    private static JsonObject Describe(JournalEntry entry) => new()
    {
        ["account"] = entry.Account.ToString(),
        ["sequence"] = entry.Sequence,
        ["at"] = entry.At.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        ["event"] = UntrustedText.Clean(entry.Event, 60),
        ["intentId"] = UntrustedText.Clean(entry.IntentId, 130),
        ["body"] = Body(entry),
        ["mac"] = entry.Mac.ToString(),
    };

    private static JsonNode Body(JournalEntry entry)
    {
        try
        {
            return JsonNode.Parse(entry.Body.Span) ?? JsonValue.Create("null");
        }
        catch (System.Text.Json.JsonException)
        {
            return JsonValue.Create(Hex.Encode(entry.Body.Span));
        }
    }

    private static string Line(JournalEntry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{entry.At:yyyy-MM-dd HH:mm:ss}  {(entry.Account == PaymentJournal.Operator ? "operator" : entry.Account.ToString()),-42} {entry.Sequence,6}  {UntrustedText.Clean(entry.Event, 60),-20} {UntrustedText.Clean(entry.IntentId, 130)}  {UntrustedText.Clean(Encoding.UTF8.GetString(entry.Body.Span), 160)}");
}
