using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Purser.Agent.Payments;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Wallet;

namespace Purser.Cli.Commands;

/// <summary><c>purser pay quote · confirm · fetch · list · show · receipt · reconcile</c>.</summary>
public static class PayCommands
{
    private sealed record Request(Argument<string> Url, Option<string> Method, Option<string[]> Header, Option<string?> Body, Option<int?> SelectedIndex)
    {
        public static Request Make() => new(
            new("url") { Description = "The resource." },
            new("--method", "-X") { Description = "The HTTP method (default GET).", DefaultValueFactory = _ => "GET" },
            new("--header", "-H") { Description = "A header, such as \"Accept: application/json\"; may be repeated.", DefaultValueFactory = _ => [] },
            new("--body") { Description = "The request's body." },
            new("--selected-index") { Description = "Which of the seller's ways to pay to take, from 0 (default: the first that can be paid).", HelpName = "N" });

        public Symbol[] Symbols => [Url, Method, Header, Body, SelectedIndex];
    }

    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Group("pay", "Paying for HTTP resources (x402).",
        Quote(output), Confirm(output), Fetch(output), List(output), Show(output), ReceiptCommand.Make(output), Reconcile(output));

    private static Command Quote(CliOutput output)
    {
        var request = Request.Make();
        return PurserCommand.Make(output, "quote", "Asks what a resource costs. Touches nothing of the wallet.", request.Symbols, async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            return await AskAsync(context, session, request, null, token) switch
            {
                QuoteResult.Offered offered => PaymentReports.Describe(offered.Quote, Languages.Card(context)),
                var other => await NotOfferedAsync(other, token),
            };
        });
    }

    private static Command Confirm(CliOutput output)
    {
        var id = new Argument<string>("id") { Description = "The quote's id." };
        var yes = new Option<bool>("--yes") { Description = "Pay. Without it nothing is paid." };
        var key = PayingFlags.Make();
        return PurserCommand.Make(output, "confirm", "Pays a quote and replays its request. Doing it again presents the same payment.", [id, yes, .. key.Symbols], async (context, token) =>
        {
            var quoteId = context.Parsed.GetValue(id)!;
            await using var session = await DataSession.OpenAsync(context, null, token);
            if (!context.Parsed.GetValue(yes))
            {
                var quotes = new QuoteStore(session.Store, session.Registry);
                await quotes.MigrateAsync(token);
                return await quotes.FindAsync(quoteId, token) is { } quote
                    ? PaymentReports.Describe(quote, Languages.Card(context))
                    : CliResult.Failed("quote_missing", "There is no quote by that id.", "Ask for the price again with `purser pay quote URL`.");
            }
            return await PayAsync(context, session, key, quoteId, token);
        });
    }

    private static Command Fetch(CliOutput output)
    {
        var request = Request.Make();
        var yes = new Option<bool>("--yes") { Description = "Pay. Without it nothing is paid." };
        var max = new Option<string?>("--max-amount") { Description = "The most that it may cost: \"0.05 USDC\", or minimal units.", HelpName = "AMOUNT" };
        var key = PayingFlags.Make();
        return PurserCommand.Make(output, "fetch", "Quote and confirmation in one, for a caller who gives the cap.", [.. request.Symbols, yes, max, .. key.Symbols], async (context, token) =>
        {
            var cap = context.Parsed.GetValue(max);
            if (context.Parsed.GetValue(yes) && cap is null)
            {
                return CliResult.Usage("max_amount_missing", "--yes needs --max-amount.", "Give the most that it may cost, such as --max-amount \"0.05 USDC\".");
            }
            await using var session = await DataSession.OpenAsync(context, null, token);
            var allows = cap is null ? null : Cap(session.Registry, cap);
            switch (await AskAsync(context, session, request, allows, token))
            {
                case QuoteResult.Offered offered:
                    return context.Parsed.GetValue(yes) ? await PayAsync(context, session, key, offered.Quote.Id, token) : PaymentReports.Describe(offered.Quote, Languages.Card(context));
                case var other:
                    return await NotOfferedAsync(other, token);
            }
        });
    }

    private static Command List(CliOutput output)
    {
        var limit = new Option<int>("--limit") { Description = "How many, 1 to 1000 (default 50).", DefaultValueFactory = _ => 50 };
        return PurserCommand.Make(output, "list", "Payments, the newest first.", [limit], async (context, token) =>
        {
            if (context.Parsed.GetValue(limit) is < 1 or > 1000)
            {
                return CliResult.Usage("limit_invalid", "--limit must be 1 to 1000.", "Give a number in that range.");
            }
            await using var session = await DataSession.OpenAsync(context, null, token);
            using var vault = new VaultAccess(context);
            var wallet = vault.File.Exists ? vault.Wallet() : (IWallet)await session.OpenWalletAsync(token);
            var payments = await wallet.ListPaymentsAsync(context.Parsed.GetValue(limit), token);
            var functions = session.Policy.ReadFunctions();
            return new CliResult.Ok(new JsonObject { ["payments"] = new JsonArray([.. payments.Select(p => (JsonNode)PaymentReports.Describe(p, session.Registry, functions))]) })
            {
                Text = payments.Count == 0 ? ["No payments yet."] : [.. payments.Select(p => PaymentReports.Line(p, session.Registry, functions))],
            };
        });
    }

    private static Command Show(CliOutput output)
    {
        var id = new Argument<string>("id") { Description = "The payment's id, or its quote's." };
        return PurserCommand.Make(output, "show", "One payment.", [id], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            using var vault = new VaultAccess(context);
            var wallet = vault.File.Exists ? vault.Wallet() : (IWallet)await session.OpenWalletAsync(token);
            return await FindAsync(wallet, context.Parsed.GetValue(id)!, token) is { } payment
                ? new CliResult.Ok(PaymentReports.Describe(payment, session.Registry, session.Policy.ReadFunctions()))
                : Missing();
        });
    }

    private static Command Reconcile(CliOutput output)
    {
        var id = new Argument<string?>("id") { Description = "The payment (default: all that are open).", DefaultValueFactory = _ => null };
        return PurserCommand.Make(output, "reconcile", "Asks the chain what became of payments whose end is not known.", [id], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            using var vault = new VaultAccess(context);
            var wallet = vault.File.Exists ? vault.Wallet() : (IWallet)await session.OpenWalletAsync(token);
            IReadOnlyList<string> ids;
            if (context.Parsed.GetValue(id) is { } one)
            {
                if (await FindAsync(wallet, one, token) is not { } found)
                {
                    return Missing();
                }
                ids = [found.Intent.Id];
            }
            else
            {
                ids = await wallet.ListOpenAsync(cancellationToken: token);
            }
            var payments = new List<Payment>();
            var functions = session.Policy.ReadFunctions();
            foreach (var open in ids)
            {
                payments.Add(await wallet.ReconcileAsync(open, token));
            }
            return new CliResult.Ok(new JsonObject { ["payments"] = new JsonArray([.. payments.Select(p => (JsonNode)PaymentReports.Describe(p, session.Registry, functions))]) })
            {
                Text = payments.Count == 0 ? ["Nothing is open."] : [.. payments.Select(p => PaymentReports.Line(p, session.Registry, functions))],
            };
        });
    }

    internal static CliResult.Refused Missing() => CliResult.Failed("payment_missing", "There is no payment by that id.", "See `purser pay list`.");

    internal static async Task<Payment?> FindAsync(IWallet wallet, string id, CancellationToken cancellationToken) =>
        await wallet.GetPaymentAsync(id, cancellationToken) ?? await wallet.GetPaymentAsync($"quote-{id}", cancellationToken);

    private static async Task<QuoteResult> AskAsync(CommandContext context, DataSession session, Request request, Func<TokenAmount, bool>? allows, CancellationToken cancellationToken)
    {
        var wallet = await session.OpenWalletAsync(cancellationToken);
        var client = await session.OpenPaymentsAsync(wallet, cancellationToken);
        using var message = Build(context, request);
        try
        {
            return await client.QuoteAsync(message, allows, context.Parsed.GetValue(request.SelectedIndex), cancellationToken);
        }
        catch (PaymentRequestException exception)
        {
            throw new CliRefusalException(CliResult.Usage(exception.Code, exception.Message, exception.Hint));
        }
    }

    private static async Task<CliResult> PayAsync(CommandContext context, DataSession session, PayingFlags key, string quoteId, CancellationToken cancellationToken)
    {
        using var vault = new VaultAccess(context);
        return await new PayingWallets(context, session, key, vault).RunAsync(
            async paying =>
            {
                var client = await session.OpenPaymentsAsync(paying.Wallet, cancellationToken);
                return await PaymentReports.DescribeAsync(await client.ConfirmAsync(quoteId, paying.Account, cancellationToken), session.Registry, session.Policy.ReadFunctions(), paying.Wallet, Languages.Card(context), cancellationToken);
            },
            cancellationToken);
    }

    private static async Task<CliResult> NotOfferedAsync(QuoteResult result, CancellationToken cancellationToken)
    {
        switch (result)
        {
            case QuoteResult.NotAsked unasked:
                using (unasked.Response)
                {
                    var (data, text) = await PaymentReports.ReplyAsync(unasked.Response, cancellationToken);
                    data["paymentAsked"] = false;
                    return new CliResult.Ok(data) { Text = text };
                }
            case QuoteResult.Refused refused:
                return refused.Refusal.Code == "offer_index_invalid"
                    ? CliResult.Usage(refused.Refusal.Code, refused.Refusal.Message, refused.Refusal.Hint)
                    : CliResult.Failed(refused.Refusal.Code, refused.Refusal.Message, refused.Refusal.Hint);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // A cap with a symbol holds for every token of that symbol; bare units hold for whatever token is asked.
    private static Func<TokenAmount, bool> Cap(AssetRegistry registry, string text)
    {
        if (UInt256.TryParse(text, out var units))
        {
            return amount => amount.Units <= units;
        }
        var readable = registry.Chains.Select(chain => AmountText.Read(text, registry, chain.Id)).OfType<AmountReading.Amount>().Select(a => a.Value).ToList();
        return readable.Count > 0
            ? amount => readable.Any(cap => cap.Asset == amount.Asset && amount <= cap)
            : throw new CliRefusalException(CliResult.Usage("max_amount_invalid", $"--max-amount '{SharedFlags.Shown(text)}' cannot be read.", "Write \"0.05 USDC\" with a known symbol, or minimal units."));
    }

    private static HttpRequestMessage Build(CommandContext context, Request request)
    {
        var parsed = context.Parsed;
        var message = new HttpRequestMessage(ReadMethod(parsed.GetValue(request.Method)!), SharedFlags.ReadUrl("url", parsed.GetValue(request.Url)!));
        if (parsed.GetValue(request.Body) is { } body)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        }
        foreach (var header in parsed.GetValue(request.Header) ?? [])
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            var name = colon > 0 ? header[..colon].Trim() : "";
            var value = colon > 0 ? header[(colon + 1)..].Trim() : "";
            if (name.Length == 0 || (!message.Headers.TryAddWithoutValidation(name, value) && message.Content?.Headers.TryAddWithoutValidation(name, value) != true))
            {
                throw new CliRefusalException(CliResult.Usage("header_invalid", $"--header '{SharedFlags.Shown(header)}' cannot be sent.", "Write \"Name: value\"; a Content- header needs a --body."));
            }
        }
        return message;
    }

    private static HttpMethod ReadMethod(string text)
    {
        try
        {
            return new(text);
        }
        catch (FormatException)
        {
            throw new CliRefusalException(CliResult.Usage("method_invalid", $"--method '{SharedFlags.Shown(text)}' is no HTTP method.", "Give GET, POST or another token."));
        }
    }
}
