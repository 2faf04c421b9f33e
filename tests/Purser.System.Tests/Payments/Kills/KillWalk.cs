using System.Net;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Payments.Kills;

/// <summary>
/// Walks through cells of the matrix in one season: a payment on its way, a kill at the cell's moment, the victim's next run. The seed chooses payments, what is presented beside, and how long after its
/// trigger a kill comes; when a moment stands still, it is exact.
/// </summary>
public sealed class KillWalk(KillSeason season, Seeded seeded)
{
    private const int MaxPresentedBeside = 2;

    // Signatures and quotes live for five minutes. Nothing is left open for so long that it would die of it, however slow the machine.
    private static readonly TimeSpan s_oldest = TimeSpan.FromSeconds(100);

    private readonly List<KilledPayment> _open = [];

    /// <summary>One kill.</summary>
    /// <param name="cell">Who, when, and what is being paid.</param>
    /// <param name="number">The step's number in this season.</param>
    public async Task StepAsync(KillCell cell, int number)
    {
        ArgumentNullException.ThrowIfNull(cell);
        if (_open is [{ } oldest, ..] && TimeProvider.System.GetElapsedTime(oldest.MadeAt) > s_oldest)
        {
            await FinishAsync();
        }
        var later = cell.State.Later > 0 ? seeded.Next(cell.State.Later + 1) : 0;
        var (abandoned, blocksFirst, goesOnFirst) = (seeded.OneIn(3), seeded.OneIn(2), seeded.OneIn(2));
        var payment = cell.Victim is Victim.Client ? await season.NewByWalletAsync(cell.Way, number, abandoned) : season.NewByHand(cell.Way, number);
        var beside = _open.Where(open => open.ByHand is not null).Take(seeded.Next(MaxPresentedBeside + 1)).ToList();
        var wire = season.Wire(cell.State.Wire);
        var trap = new Trap(cell.State.Edge, passage => season.IsFor(payment, cell.State.Request, passage), holds: cell.State.Later == 0);
        if (cell.State.NoBlocks)
        {
            await season.RpcAsync("evm_setAutomine", false);
        }
        wire.Trap = trap;
        var runs = beside.Append(payment).ToDictionary(p => p, p => season.Upstream.RunsOf(p.Path));

        await using var client = cell.Victim is Victim.Client ? season.BeginConfirm(payment) : null;
        var presented = beside.Concat(client is null ? [payment] : []).Select(PresentAsync).ToList();
        await ReachAsync(trap, cell, client, presented);
        await Task.Delay(TimeSpan.FromMilliseconds(later), TimeProvider.System, CancellationToken.None);
        await (client?.KillAsync() ?? season.KillAsync(cell.Victim));
        var said = season.SellerError;
        if (cell.Victim is Victim.Seller)
        {
            NoteBroken(runs);
        }
        await GoOnAsync(cell, trap, blocksFirst, goesOnFirst);
        wire.Trap = null;
        foreach (var (known, reply) in await Task.WhenAll(presented))
        {
            Note(known, reply, said);
        }
        if (!payment.IsServed && !payment.IsAbandoned)
        {
            _open.Add(payment);
        }
        if (client is not null && !abandoned && seeded.OneIn(2))
        {
            await ConfirmAsync(payment);
        }
    }

    /// <summary>Asks for every reply that was paid for and not given yet, until it is.</summary>
    public async Task FinishAsync()
    {
        foreach (var some in _open.Where(payment => payment.ByHand is not null).ToList().Chunk(10))
        {
            foreach (var (payment, reply) in await Task.WhenAll(some.Select(async p => (p, await p.ByHand!.PresentUntilDecidedAsync(season.Shop)))))
            {
                reply.ShouldBePaidAndServed();
                Note(payment, reply, season.SellerError);
            }
        }
        foreach (var payment in _open.ToList())
        {
            await Eventually.GetAsync($"{payment.Path} is served to the wallet", async () => await ConfirmAsync(payment) ? payment : null, TimeSpan.FromMilliseconds(500));
        }
        _open.ShouldBeEmpty();
    }

    private async Task<(KilledPayment Payment, PaidReply? Reply)> PresentAsync(KilledPayment payment)
    {
        try
        {
            return (payment, await payment.ByHand!.TryPresentAsync(season.Shop));
        }
        catch (IOException)
        {
            return (payment, null); // it died within the reply
        }
    }

    private static async Task ReachAsync(Trap trap, KillCell cell, PurserProcess? client, IReadOnlyList<Task<(KilledPayment Payment, PaidReply? Reply)>> presented)
    {
        // The bound only ends a test that has failed.
        if (await Task.WhenAny(trap.Sprung, Task.Delay(TimeSpan.FromSeconds(120), TimeProvider.System, CancellationToken.None)) != trap.Sprung)
        {
            var replies = presented.Where(task => task.IsCompletedSuccessfully).Select(task => $"{task.Result.Payment.Path}: {task.Result.Reply?.Status} {task.Result.Reply?.Body}");
            throw new TimeoutException($"The moment was never reached: {cell}. {string.Join("; ", replies)} {client?.Error}");
        }
    }

    private void NoteBroken(Dictionary<KilledPayment, int> runsBefore)
    {
        foreach (var (payment, before) in runsBefore)
        {
            // It died over work whose reply it had not written down (settlement is asked after that), or had not told to who paid first.
            if (season.Upstream.RunsOf(payment.Path) > before && (payment.Way.IsUpfront || payment.RunsWhenSettlementWasAsked < 0))
            {
                payment.BrokenRuns++;
            }
        }
    }

    private async Task GoOnAsync(KillCell cell, Trap trap, bool blocksFirst, bool goesOnFirst)
    {
        var toNextRun = cell.Victim is Victim.Facilitator && cell.State.Edge is TrapEdge.Before;
        if (!toNextRun && goesOnFirst)
        {
            trap.End(cell.State.GoesOn);
        }
        if (cell.State.NoBlocks && blocksFirst)
        {
            await MineAsync();
        }
        if (cell.Victim is not Victim.Client)
        {
            await season.RestartAsync(cell.Victim);
        }
        trap.End(cell.State.GoesOn);
        if (cell.State.NoBlocks && !blocksFirst)
        {
            await MineAsync();
        }
    }

    private async Task MineAsync()
    {
        await season.RpcAsync("evm_setAutomine", true);
        await season.RpcAsync("evm_mine");
    }

    private void Note(KilledPayment payment, PaidReply? reply, string said)
    {
        if (reply is not { Status: HttpStatusCode.OK })
        {
            reply?.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, $"{payment.Path}: {reply.Body} {said}"); // never a fresh 402: a client would pay again
            return;
        }
        reply.ShouldBePaidAndServed();
        Serve(payment, reply.Body);
    }

    private async Task<bool> ConfirmAsync(KilledPayment payment)
    {
        var answer = await season.ConfirmAsync(payment);
        if (answer.ExitCode != 0)
        {
            if (payment.Uses.Count == 0 && answer.ErrorCode is ("payment_failed" or "quote_expired"))
            {
                // It lay for minutes between reservation and signature: the wallet gave it up, as what nobody was ever shown.
                payment.IsAbandoned = true;
                _open.Remove(payment);
                return true;
            }
            answer.ExitCode.ShouldBeOneOf([7, 8], $"{payment.Path}: {answer.Output}"); // not known yet, or out of reach: nothing that leads to another payment
            return false;
        }
        answer.Data.GetProperty("payment").GetProperty("state").GetString().ShouldBe("settled", answer.Output);
        Serve(payment, answer.Data.GetProperty("body").GetString()!);
        return true;
    }

    private void Serve(KilledPayment payment, string body)
    {
        (payment.Reply ??= body).ShouldBe(body, payment.Path); // a repeat gets the first reply
        payment.IsServed = true;
        _open.Remove(payment);
    }
}
