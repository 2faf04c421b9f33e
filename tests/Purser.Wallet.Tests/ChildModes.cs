using System.Globalization;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Storage;
using Purser.Testing;
using Purser.Wallet.Keys;
using Purser.Wallet.Tests.Kinds;
using Purser.Wallet.Tests.Policy;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests;

/// <summary>What this program does when it runs as a child of its own tests.</summary>
internal static class ChildModes
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var (mode, folder, url, prefix) = (arguments[0], arguments[1], arguments[2], arguments[3]);
        var number = ulong.Parse(arguments[4], CultureInfo.InvariantCulture);
        if (mode == "lane")
        {
            await new ChildLane(folder, prefix, (int)number).RunAsync(url);
            return 0;
        }

        if (mode == "half-writes")
        {
            new ChildEditor(folder).Run();
            return 0;
        }

        await using var mandate = await TestMandate.OpenAsync(folder, url, TimeProvider.System, seed: (number * 1_000_003) + (ulong)prefix.Sum(c => c));
        if (mode == "mix")
        {
            await new ChildMix(mandate, prefix, new Seeded(number)).RunAsync();
            return 0;
        }

        var wallet = await mandate.OpenWalletAsync();
        switch (mode)
        {
            case "authorize":
                // Many at once, all against one cap.
                var results = await Task.WhenAll(Enumerable.Range(0, (int)number).Select(i => wallet.AuthorizeAsync(mandate.Intent($"{prefix}-{i}"))));
                Console.Out.Write(results.Count(result => result is AuthorizationResult.Authorized));
                return 0;
            case "churn":
                await new ChildChurn(mandate, wallet, prefix, new Seeded(number)).RunAsync();
                return 0;
            default:
                throw new ArgumentException("unknown mode of the child", nameof(arguments));
        }
    }
}

/// <summary>Makes payments through every arrow, several at once, and says each arrow once it is acknowledged; until it is killed.</summary>
internal sealed class ChildChurn(TestMandate mandate, LocalWallet wallet, string prefix, Seeded seeded)
{
    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly Lock _gate = new();
    private int _next;

    public Task RunAsync()
    {
        var lines = seeded.Between(1, 6);
        return Task.WhenAll(Enumerable.Range(0, lines).Select(_ => seeded.Fork()).ToArray().Select(PayAsync));
    }

    private async Task PayAsync(Seeded own)
    {
        while (true)
        {
            // Requests of their own: for one whose outcome is open no second payment would be signed.
            var intent = mandate.Intent($"{prefix}-{Interlocked.Increment(ref _next)}", (ulong)own.Between(1, 9));
            intent = intent with { Url = $"{intent.Url}?{intent.Id}" };
            if (await wallet.AuthorizeAsync(intent) is not AuthorizationResult.Authorized signed)
            {
                Say($"refused {intent.Id} -");
                continue;
            }

            Say($"signed {intent.Id} {signed.Signature()}");
            if (own.OneIn(5))
            {
                continue;
            }

            await wallet.BeginPresentAsync(intent.Id);
            Say($"sent {intent.Id} {signed.Signature()}");
            PresentOutcome outcome = own.Next(3) switch
            {
                0 => new PresentOutcome.Settled(new Hash32(own.Bytes(32))),
                1 => new PresentOutcome.Rejected("no"),
                _ => new PresentOutcome.Unknown("the line went dead"),
            };
            await wallet.RecordOutcomeAsync(intent.Id, outcome);
            Say($"{(outcome is PresentOutcome.Settled ? "settled" : outcome is PresentOutcome.Unknown ? "unknown" : "sent")} {intent.Id} {signed.Signature()}");
        }
    }

    private void Say(string line)
    {
        lock (_gate)
        {
            // One system call, straight to the pipe: what was said before the kill has been said.
            _output.Write(System.Text.Encoding.ASCII.GetBytes(line + "\n"));
        }
    }
}

/// <summary>Sends through one lane that other processes use too, several transactions at once, and says each that is mined; until it is killed.</summary>
internal sealed class ChildLane(string rpcUrl, string prefix, int senders)
{
    public static readonly Address Payee = Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");

    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly Lock _gate = new();
    private int _next;

    /// <summary>The lane's key: the same in every process.</summary>
    public static LocalSigner Signer() => new(PrivateKey.Generate(new SeededRandom(11)));

    /// <summary>Short times, so that a killed holder does not hold the test up and fees are raised within it.</summary>
    public static NonceLaneOptions Options { get; } = new()
    {
        LeaseDuration = TimeSpan.FromMilliseconds(400),
        Poll = TimeSpan.FromMilliseconds(50),
        Rebroadcast = TimeSpan.FromMilliseconds(300),
        BumpAfter = TimeSpan.FromMilliseconds(600),
        ReplacedConfirmations = 3,
    };

    public async Task RunAsync(string storeUrl)
    {
        using var http = new HttpClient();
        var chain = new UnreachableChain(new JsonRpcChain(http, new Uri(rpcUrl), TimeProvider.System)) { ReadsFail = false, Faults = new SeededRandom((ulong)prefix.Sum(c => c)) };
        await using var store = await Store.OpenAsync(StoreUrl.Parse(storeUrl), TimeProvider.System);
        using var lane = await NonceLane.OpenAsync(store, chain, TestMandate.Chain, Signer(), TimeProvider.System, Options);
        await lane.RecoverAsync();
        await Task.WhenAll(Enumerable.Range(0, senders).Select(_ => SendAsync(lane)));
    }

    private async Task SendAsync(NonceLane lane)
    {
        while (true)
        {
            var key = $"{prefix}-{Interlocked.Increment(ref _next)}";
            if (await lane.SendAsync(new() { Key = key, To = Payee, Value = 1, GasCap = 100_000 }) is LaneResult.Mined mined)
            {
                lock (_gate)
                {
                    _output.Write(System.Text.Encoding.ASCII.GetBytes($"{key} {mined.Receipt.TransactionHash}\n"));
                }
            }
        }
    }
}
