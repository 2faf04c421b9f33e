using System.Security.Cryptography;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Storage;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;
using Purser.Wallet.Tests;

namespace Purser.SystemTests.Payments.Kills;

/// <summary>The end of a season: chain, handlers' counts, the seller's book, the facilitator's and the wallet's journal are read each for itself, and have to tell the same.</summary>
public sealed class KillBooks(KillSeason season)
{
    // States of a claim, as the table has them.
    private const long Handled = 1;
    private const long Settled = 2;
    private const long Unknown = 4;

    private readonly Dictionary<KilledPayment, bool> _paid = [];

    /// <summary>Waits until the seller has brought to an end by himself what nobody came back for, moves the chain past the end of every signature, reconciles the wallet, and compares all books.</summary>
    public async Task CheckAsync()
    {
        await Eventually.HoldsAsync("the seller has nothing open", async () => (await ReadClaimsAsync()).Values.All(row => row.State != Unknown && (row.State != Handled || row.Worker.Length == 0)));
        await season.RpcAsync("evm_increaseTime", 1_000);
        await season.RpcAsync("evm_mine");
        foreach (var payment in season.Payments)
        {
            payment.Uses.Count.ShouldBeLessThanOrEqualTo(1, $"{payment.Path} was paid for more than once");
            _paid[payment] = payment.Uses.Count == 1 && await season.IsUsedAsync(payment.Uses.Single());
            (payment.IsServed || payment.IsAbandoned).ShouldBeTrue(payment.Path);
            (_paid[payment] || !payment.IsServed).ShouldBeTrue($"{payment.Path} was served unpaid");
        }
        // A seller with a node of his own may have seen the money on the chain and not come back for the facilitator's answer. Who does come back gets the known one.
        foreach (var payment in _paid.Where(entry => entry.Value).Select(entry => entry.Key))
        {
            var settled = await season.RepeatSettlementAsync(payment);
            settled.Success.ShouldBeTrue($"{payment.Path}: {settled.ErrorReason} {settled.ErrorMessage}");
            payment.Transactions.Keys.ShouldContain(settled.Transaction, payment.Path);
        }
        await season.StopServersAsync();
        CheckWork();
        await CheckMoneyAsync();
        await CheckFacilitatorAsync();
        await CheckSellerAsync();
        await CheckWalletAsync();
    }

    private void CheckWork()
    {
        season.UnpaidUpfront.ShouldBeEmpty();
        foreach (var (payment, paid) in _paid)
        {
            var runs = season.Upstream.RunsOf(payment.Path);
            runs.ShouldBeLessThanOrEqualTo((paid ? 1 : 0) + payment.BrokenRuns, $"{payment.Path} was worked for {runs} times");
            if (paid && !payment.Way.IsUpfront)
            {
                runs.ShouldBe(payment.RunsWhenSettlementWasAsked, $"{payment.Path} was worked for after its settlement was asked");
            }
            if (payment.IsServed)
            {
                payment.Reply.ShouldBe($"{payment.Path} run {runs}");
            }
        }
    }

    private async Task CheckMoneyAsync()
    {
        foreach (var (way, offer) in season.Offers)
        {
            var expected = _paid.Where(entry => entry.Value && entry.Key.Way == way).Aggregate(UInt256.Zero, (sum, entry) => sum + (offer.Scheme == "upto" ? entry.Key.Taken : UInt256.Parse(offer.Amount)));
            (await TokenReads.BalanceAsync(season.Chain, PaymentWorld.Token.Token, Address.Parse(offer.PayTo), CancellationToken.None)).ShouldBe(expected, way.Name);
        }
        // One transaction for each payment and none besides: whatever was signed twice would show here.
        (await season.Chain.GetTransactionCountAsync(DevelopmentAccounts.Addresses[KillSeason.FacilitatorAccount])).ShouldBe((ulong)_paid.Values.Count(paid => paid));
    }

    private async Task CheckFacilitatorAsync()
    {
        await using var store = await Store.OpenAsync(StoreUrl.Parse(season.FacilitatorStore), TimeProvider.System);
        var rows = await store.ReadAsync(reader => reader.Query<BookRow>("SELECT payment AS Payment, success AS Success, tx AS Tx, reason AS Reason FROM facilitator_settlements"));
        rows.ShouldAllBe(row => row.Success == null || row.Success == 1, string.Join(", ", rows.Select(row => row.Reason)));
        var settled = rows.Where(row => row.Success == 1).ToDictionary(row => row.Payment, row => row.Tx!);
        settled.Keys.Order(StringComparer.Ordinal).ShouldBe(_paid.Where(entry => entry.Value).Select(entry => entry.Key.Uses.Single().ToString()).Order(StringComparer.Ordinal));
        settled.Values.Distinct().Count().ShouldBe(settled.Count);
        foreach (var payment in _paid.Where(entry => entry.Value).Select(entry => entry.Key))
        {
            var hash = settled[payment.Uses.Single().ToString()];
            payment.Transactions.Keys.ShouldContain(hash, payment.Path);
            (await season.Chain.GetTransactionReceiptAsync(Hash32.Parse(hash))).ShouldNotBeNull(hash).Succeeded.ShouldBeTrue(hash);
        }
    }

    private async Task CheckSellerAsync()
    {
        var claims = await ReadClaimsAsync();
        foreach (var (payment, paid) in _paid.Where(entry => entry.Key.Uses.Count == 1))
        {
            var claim = claims.GetValueOrDefault(Convert.ToHexString(SHA256.HashData(payment.Uses.Single().ToBytes())));
            if (paid)
            {
                claim.ShouldNotBeNull(payment.Path);
                // What was settled first and is owed still is "handled, paid, without a reply"; only who abandoned it is owed anything here.
                claim.State.ShouldBeOneOf(payment.IsAbandoned && payment.Way.IsUpfront ? [Handled, Settled] : [Settled], payment.Path);
            }
            else
            {
                (claim?.State).ShouldNotBe(Settled, payment.Path);
            }
        }
    }

    private async Task CheckWalletAsync()
    {
        var reconciled = await InProcess.RunAsync("pay", "reconcile", "--data", season.ClientFolder);
        reconciled.ExitCode.ShouldBe(0, reconciled.Output);
        (await InProcess.RunAsync("journal", "verify", "--data", season.ClientFolder)).ShouldSatisfyAllConditions(answer => answer.ExitCode.ShouldBe(0, answer.Output));
        var listed = await InProcess.RunAsync("pay", "list", "--limit", "1000", "--data", season.ClientFolder);
        var states = listed.Data.GetProperty("payments").EnumerateArray().ToDictionary(p => p.GetProperty("id").GetString()!, p => p.GetProperty("state").GetString());
        foreach (var (payment, paid) in _paid.Where(entry => entry.Key.Quote is not null))
        {
            var state = states.GetValueOrDefault($"quote-{payment.Quote}");
            // Nobody is left who does not know: it is settled, or it is dead and its money free; what was never signed never was.
            string?[] ends = paid ? ["settled"] : ["expired", "failed", "reserved", null];
            ends.ShouldContain(state, payment.Path);
        }
        await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(season.ClientFolder, "purser.db")), TimeProvider.System);
        var recount = await Recount.OfAsync(store, season.ClientFolder, new Dictionary<ChainId, IChain> { [ChainId.Parse(PaymentWorld.Network)] = season.Chain });
        recount.Disagreements.ShouldBeEmpty();
        recount.Intents.Count.ShouldBe(states.Count);
    }

    private async Task<Dictionary<string, ClaimRow>> ReadClaimsAsync()
    {
        await using var store = await Store.OpenAsync(StoreUrl.Parse(season.SellerStore), TimeProvider.System);
        var rows = await store.ReadAsync(reader => reader.Query<ClaimRow>("SELECT id AS Id, state AS State, worker AS Worker FROM gate_claims WHERE scope = 'payment'"));
        return rows.ToDictionary(row => Convert.ToHexString(row.Id));
    }

    private sealed class BookRow
    {
        public string Payment { get; init; } = "";

        public long? Success { get; init; }

        public string? Tx { get; init; }

        public string? Reason { get; init; }
    }

    private sealed class ClaimRow
    {
        public byte[] Id { get; init; } = [];

        public long State { get; init; }

        public string Worker { get; init; } = "";
    }
}
