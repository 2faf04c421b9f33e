using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Testing;

namespace Purser.Wallet.Tests.Kinds;

/// <summary>Has intents of every kind authorized, several at once, against a chain in another process, and says what was acknowledged; until it is killed.</summary>
internal sealed class ChildMix(TestMandate mandate, string prefix, Seeded seeded)
{
    public const string WorldFile = "world.txt";

    /// <summary>Who is approved to take in the mix; the allowance of Permit2 stays what the test gave it.</summary>
    public static readonly Address Spender = Address.Parse("0x90f79bf6eb2c4f870365e785982e1f101e93b906");

    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly Lock _gate = new();
    private int _next;

    public async Task RunAsync()
    {
        var world = await File.ReadAllLinesAsync(Path.Combine(mandate.Folder, WorldFile));
        var token = AssetId.Parse(world[1]);
        using var http = new HttpClient();
        var chains = new Dictionary<ChainId, IChain> { [token.Chain] = new JsonRpcChain(http, new Uri(world[0]), TimeProvider.System) };
        var lanes = ChildLane.Options with { ReceiptWait = seeded.OneIn(2) ? TimeSpan.Zero : TimeSpan.FromSeconds(2) };
        var wallet = await mandate.OpenWalletAsync(chains, AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(token)), lanes);
        var lines = seeded.Between(1, 5);
        await Task.WhenAll(Enumerable.Range(0, lines).Select(_ => seeded.Fork()).ToArray().Select(own => WishAsync(wallet, token, own)));
    }

    private async Task WishAsync(LocalWallet wallet, AssetId token, Seeded own)
    {
        while (true)
        {
            var intent = Draw(token, own);
            if (await wallet.AuthorizeAsync(intent) is not AuthorizationResult.Authorized signed)
            {
                Say($"refused {intent.Id} -");
                continue;
            }

            Say($"signed {intent.Id} {Name(signed.Statement)}");
            if (intent is PaymentIntent && !own.OneIn(4))
            {
                await wallet.BeginPresentAsync(intent.Id);
                Say($"sent {intent.Id} {Name(signed.Statement)}");
                if (own.OneIn(2))
                {
                    await wallet.RecordOutcomeAsync(intent.Id, own.OneIn(2) ? new PresentOutcome.Rejected("no") : new PresentOutcome.Unknown("the line went dead"));
                }
            }

            if (own.OneIn(6))
            {
                await wallet.ReconcileAsync(intent.Id);
            }
        }
    }

    /// <summary>What names a statement: its signature, or its transaction.</summary>
    public static string Name(SignedStatement? statement) => statement switch
    {
        SignedEip3009 signed => signed.Signature.ToString(),
        SignedPermit2 signed => signed.Signature.ToString(),
        SignedMessage signed => signed.Signature.ToString(),
        SentTransaction sent => sent.TransactionHash?.ToString() ?? "none",
        _ => "none",
    };

    private Intent Draw(AssetId token, Seeded own)
    {
        var id = $"{prefix}-{Interlocked.Increment(ref _next)}".PadRight(16, '_');
        var like = mandate.Intent(id, (ulong)own.Between(1, 9));
        like = like with { Asset = token, Url = $"{like.Url}?{id}" };
        return own.Next(6) switch
        {
            0 => like,
            1 => new X402Permit2Intent { Id = id, Account = like.Account, Asset = token, PayTo = like.PayTo, Amount = like.Amount, MaxTimeoutSeconds = like.MaxTimeoutSeconds, Origin = like.Origin, Method = like.Method, Url = like.Url, BodyHash = like.BodyHash },
            2 => new TransferIntent { Id = id, Account = like.Account, Asset = token, To = like.PayTo, Amount = like.Amount, GasCap = 100_000 },
            3 => new TransferIntent { Id = id, Account = like.Account, Asset = AssetId.Native(token.Chain), To = like.PayTo, Amount = like.Amount, GasCap = 100_000 },
            4 => new ApproveIntent { Id = id, Account = like.Account, Asset = token, Spender = Spender, Amount = own.OneIn(3) ? UInt256.Zero : like.Amount, GasCap = 100_000 },
            _ => new SignInIntent { Id = id, Account = like.Account, Origin = "https://casino.example", Domain = "casino.example", Uri = "https://casino.example/", Chain = token.Chain, Nonce = $"nonce{_next:D8}", IssuedAt = "2026-03-01T12:00:00Z" },
        };
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
