using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Testing;

namespace Purser.Protocol.Tests.Intents;

/// <summary>Fresh intents that keep every rule.</summary>
internal static class SomeIntent
{
    private static readonly string[] s_origins = ["https://api.example", "http://127.0.0.1:4020", "https://api.example:8443", "http://[::1]"];

    public static Intent OfAnyKind(Seeded seeded) => OfKind(seeded, seeded.Next(8));

    /// <summary>The kinds in the order of the family.</summary>
    public static Intent OfKind(Seeded seeded, int kind)
    {
        var (id, account) = (Text(seeded, 16 + seeded.Next(113)), new Address(seeded.Bytes(20)));
        var origin = s_origins[seeded.Next(s_origins.Length)];
        return kind switch
        {
            0 => Payment(seeded, id, account, origin),
            1 => Permit2(Payment(seeded, id, account, origin)) with { PermitId = seeded.OneIn(2) ? null : "permit-" + Text(seeded, 32) },
            2 => new TransferIntent { Id = id, Account = account, Asset = seeded.OneIn(2) ? AssetId.Native(Chain(seeded)) : Token(seeded), To = new(seeded.Bytes(20)), Amount = Amount(seeded), GasCap = Gas(seeded) },
            3 => new ApproveIntent { Id = id, Account = account, Asset = Token(seeded), Spender = new(seeded.Bytes(20)), Amount = Amount(seeded), GasCap = Gas(seeded) },
            4 => new ContractCallIntent { Id = id, Account = account, Network = Chain(seeded), Contract = new(seeded.Bytes(20)), Value = seeded.OneIn(2) ? 0UL : Amount(seeded), Data = seeded.Bytes(4 + seeded.Next(300)), GasCap = Gas(seeded) },
            5 => SignIn(seeded, id, account, origin),
            7 => new TokenPermitIntent { Id = id, Account = account, Asset = Token(seeded), Amount = Amount(seeded), MaxTimeoutSeconds = 1 + seeded.Next(IntentRules.MaxTimeoutSeconds) },
            _ => Upto(Payment(seeded, id, account, origin), new(seeded.Bytes(20))),
        };
    }

    public static X402Permit2Intent Permit2(X402AuthorizationIntent payment) => new(payment);

    public static X402UptoIntent Upto(X402AuthorizationIntent payment, Address facilitator) => new(payment, facilitator);

    private static X402AuthorizationIntent Payment(Seeded seeded, string id, Address account, string origin)
    {
        var bound = !seeded.OneIn(4);
        return new()
        {
            Id = id,
            Account = account,
            Asset = Token(seeded),
            PayTo = new(seeded.Bytes(20)),
            Amount = Amount(seeded),
            MaxTimeoutSeconds = 1 + seeded.Next(IntentRules.MaxTimeoutSeconds),
            Origin = bound ? origin : "",
            Method = bound ? "POST" : "",
            Url = bound ? $"{origin}/{Text(seeded, seeded.Next(80))}?a=b&c=%20+'" : "",
            BodyHash = new(seeded.Bytes(32)),
        };
    }

    private static SignInIntent SignIn(Seeded seeded, string id, Address account, string origin)
    {
        var authority = origin[(origin.IndexOf("://", StringComparison.Ordinal) + 3)..];
        return new()
        {
            Id = id,
            Account = account,
            Origin = origin,
            Scheme = seeded.OneIn(2) ? null : origin[..origin.IndexOf(':', StringComparison.Ordinal)],
            Domain = authority,
            Statement = seeded.Next(3) switch { 0 => null, 1 => "", _ => "Say & 'show' [this], please = yes." },
            Uri = origin + (seeded.OneIn(2) ? "" : "/login?x=1#y"),
            Chain = Chain(seeded),
            Nonce = Convert.ToHexStringLower(seeded.Bytes(4 + seeded.Next(20))),
            IssuedAt = "2026-01-01T00:00:00.000Z",
            ExpirationTime = seeded.OneIn(2) ? null : "2026-01-01T00:05:00+02:00",
            NotBefore = seeded.OneIn(2) ? null : "2026-01-01t00:00:00z",
            RequestId = seeded.Next(3) switch { 0 => null, 1 => "", _ => "r:1@%20" },
            Resources = seeded.Next(3) switch { 0 => null, 1 => [], _ => ["https://a.example/tos", "urn:x:y", "ipfs://Qm"] },
        };
    }

    private static string Text(Seeded seeded, int length)
    {
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
        return string.Create(length, seeded, static (span, random) =>
        {
            foreach (ref var c in span)
            {
                c = Letters[random.Next(Letters.Length)];
            }
        });
    }

    private static ChainId Chain(Seeded seeded) => new(1 + (seeded.NextUInt64() >> seeded.Next(64)));

    private static AssetId Token(Seeded seeded) => new(Chain(seeded), new(seeded.Bytes(20)));

    // Below 2^96 - 1, so that it is an approval's amount too.
    private static UInt256 Amount(Seeded seeded) => UInt256.FromBigEndian(seeded.Bytes(1 + seeded.Next(11))) + UInt256.One;

    private static ulong Gas(Seeded seeded) => 1 + (ulong)seeded.Next((int)IntentRules.MaxGasCap);
}
