using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Intents;
using Purser.Wallet.Journal;
using Purser.Wallet.Tokens;

namespace Purser.Wallet.Tests.Kinds;

/// <summary>
/// Counts three times over what a wallet spent, each count from another source and by code of its own: the journal's entries, the tables of payments and budgets, and the chain's balances, nonces and allowance.
/// Then it holds them against each other. It shares nothing with <see cref="PaymentJournal.VerifyAsync"/>.
/// </summary>
internal sealed class Recount
{
    private readonly Dictionary<string, Entry> _journal = new(StringComparer.Ordinal);

    /// <summary>What became of each intent, by the journal.</summary>
    public IReadOnlyDictionary<string, Entry> Journal => _journal;

    /// <summary>Reads the account's whole journal.</summary>
    public static async Task<Recount> ReadAsync(PaymentJournal journal, Address account)
    {
        var recount = new Recount();
        for (var (after, more) = (0L, true); more;)
        {
            var page = await journal.ReadAsync(account, after, 1000);
            page.Select(entry => entry.Sequence).ShouldBe(Enumerable.Range(1, page.Count).Select(n => after + n));
            foreach (var line in page.Where(line => !line.Event.Contains('.', StringComparison.Ordinal)))
            {
                recount.Take(line);
            }

            (after, more) = (after + page.Count, page.Count == 1000);
        }

        return recount;
    }

    /// <summary>The payments' table and every budget say what the journal says.</summary>
    public async Task CompareWithTablesAsync(Storage.Store store)
    {
        var payments = await store.ReadAsync(reader => reader.Query<(string Id, string State)>("SELECT intent_id, state FROM wallet_payments"));
        payments.ToDictionary(row => row.Id, row => row.State).ShouldBe(_journal.ToDictionary(pair => pair.Key, pair => pair.Value.State), ignoreOrder: true);
        var held = await store.ReadAsync(reader => reader.Query<(string Id, string Asset, byte[] Amount)>("SELECT intent_id, asset, amount FROM wallet_spendings WHERE held = 1"));
        held.Select(row => $"{row.Id} {row.Asset} {Big(row.Amount)}").Order(StringComparer.Ordinal)
            .ShouldBe(_journal.Values.SelectMany(entry => entry.Held().Select(part => $"{entry.Intent.Id} {part.Asset} {part.Amount}")).Order(StringComparer.Ordinal));

        // A total counts what was reserved after its tail. Every total that there is, whoever asked for it.
        foreach (var (scope, tail, total) in await store.ReadAsync(reader => reader.Query<(string, long, byte[])>("SELECT scope, tail, total FROM wallet_totals")))
        {
            var sum = _journal.Values.Where(entry => entry.ReservedAt > tail).SelectMany(entry => entry.Held()).Where(part => part.Scopes.Contains(scope)).Aggregate(BigInteger.Zero, (all, part) => all + part.Amount);
            Big(total).ShouldBe(sum, $"{scope} after {tail}");
        }
    }

    /// <summary>The chain moved what the journal calls settled and nothing else.</summary>
    public async Task CompareWithChainAsync(IChain chain, AssetId token, Address account, Address payee, (BigInteger Tokens, BigInteger Coins, BigInteger PayeeTokens, BigInteger PayeeCoins) start)
    {
        var settled = _journal.Values.Where(entry => entry.State == "settled").ToList();
        var coin = AssetId.Native(token.Chain);
        BigInteger Moved(AssetId asset) => settled.Aggregate(BigInteger.Zero, (sum, entry) => sum + entry.Intent switch
        {
            PaymentIntent payment when payment.Asset == asset => Big(payment.Amount.ToBigEndian()),
            TransferIntent transfer when transfer.Asset == asset => Big(transfer.Amount.ToBigEndian()),
            _ => BigInteger.Zero,
        });
        var gas = _journal.Values.Aggregate(BigInteger.Zero, (sum, entry) => sum + (entry.GasCost ?? 0));
        (await TokensAsync(payee)).ShouldBe(start.PayeeTokens + Moved(token));
        (await TokensAsync(account)).ShouldBe(start.Tokens - Moved(token));
        (await CoinsAsync(payee)).ShouldBe(start.PayeeCoins + Moved(coin));
        (await CoinsAsync(account)).ShouldBe(start.Coins - Moved(coin) - gas);

        // Each transaction of ours is one nonce, each settled one is a receipt that says so, and no two payments share one.
        var sent = _journal.Values.Where(entry => entry.Intent is TransactionIntent && entry.Transaction is not null).ToList();
        (await chain.GetTransactionCountAsync(account)).ShouldBe((ulong)sent.Count);
        foreach (var entry in settled.Where(entry => entry.Intent is not SignInIntent))
        {
            (await chain.GetTransactionReceiptAsync(Hash32.Parse(entry.Transaction.ShouldNotBeNull(entry.Intent.Id)))).ShouldNotBeNull(entry.Intent.Id).Succeeded.ShouldBeTrue();
        }

        settled.Where(entry => entry.Transaction is not null).Select(entry => entry.Transaction).ShouldBeUnique();

        async Task<BigInteger> TokensAsync(Address holder) => Big((await new TokenContract(chain, token.Token).GetBalanceAsync(holder)).ShouldNotBeNull().ToBigEndian());
        async Task<BigInteger> CoinsAsync(Address holder) => Big((await chain.GetBalanceAsync(holder)).ToBigEndian());
    }

    public static BigInteger Big(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private void Take(JournalEntry line)
    {
        using var body = JsonDocument.Parse(line.Body);
        var root = body.RootElement;
        if (line.Event == "approved")
        {
            _journal.ShouldNotContainKey(line.IntentId);
            return;
        }

        if (line.Event == "reserved")
        {
            var intent = IntentJson.Parse(Encoding.UTF8.GetBytes(root.GetProperty("intent").GetRawText())).ShouldBeOfType<IntentReading.Read>().Intent;
            intent.Id.ShouldBe(line.IntentId);
            _journal.Add(line.IntentId, new(intent, line.At.ToUnixTimeMilliseconds(), [.. root.GetProperty("spendings").EnumerateArray().Select(part => new Part(
                part.GetProperty("asset").GetString()!, part.GetProperty("origin").GetString()!, part.GetProperty("payee").GetString()!, BigInteger.Parse(part.GetProperty("amount").GetString()!, CultureInfo.InvariantCulture)))]));
            return;
        }

        var entry = _journal[line.IntentId];
        entry.Enter(line.Event);
        entry.Transaction = root.TryGetProperty("transaction", out var hash) ? hash.GetString() : entry.Transaction;
        entry.GasCost = root.TryGetProperty("gasCost", out var cost) ? BigInteger.Parse(cost.GetString()!, CultureInfo.InvariantCulture) : entry.GasCost;
    }

    /// <summary>One part of what an intent takes.</summary>
    internal sealed record Part(string Asset, string Origin, string Payee, BigInteger Amount)
    {
        public string[] Scopes => [$"asset {Asset}", $"origin {Asset} {Origin}", $"payee {Asset} {Payee}"];
    }

    /// <summary>One intent's way.</summary>
    internal sealed class Entry(Intent intent, long reservedAt, IReadOnlyList<Part> parts)
    {
        // The arrows of DESIGN's wallet rule 1, and no others.
        private static readonly string[] s_arrows =
        [
            "reserved signed", "reserved failed", "signed sent", "signed settled", "signed expired", "sent settled", "sent expired", "sent failed", "sent unknown", "unknown unknown", "unknown settled", "unknown expired", "unknown failed",
        ];

        public Intent Intent => intent;

        public long ReservedAt => reservedAt;

        public string State { get; private set; } = "reserved";

        public string? Transaction { get; set; }

        public BigInteger? GasCost { get; set; }

        public void Enter(string name)
        {
            if (name is "rejected" or "replaced" or "submitted" or "presented")
            {
                return;
            }

            s_arrows.ShouldContain($"{State} {name}", intent.Id);
            State = name;
        }

        /// <summary>What budgets must hold of it.</summary>
        public IEnumerable<Part> Held() => parts
            .Where(part => State is not ("failed" or "expired") || (IsGas(part) && GasCost is not null))
            .Select(part => IsGas(part) && GasCost is { } cost ? part with { Amount = cost } : part);

        private static bool IsGas(Part part) => part.Asset.EndsWith("/gas", StringComparison.Ordinal);
    }
}
