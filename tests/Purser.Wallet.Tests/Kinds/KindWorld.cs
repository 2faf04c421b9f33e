using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Wallet.Policy;
using Purser.Wallet.Tokens;

namespace Purser.Wallet.Tests.Kinds;

/// <summary>A wallet whose policy allows every kind of intent, with 500 of a token and some coin on a sandbox chain of its own.</summary>
internal sealed class KindWorld : IAsyncDisposable
{
    public static readonly Address Payee = Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");
    public static readonly UInt256 MaxFee = 50_000_000_000UL;

    private KindWorld(SandboxClock clock, TestMandate mandate, SimulatedToken token, AssetRegistry registry, LocalWallet wallet) =>
        (Clock, Mandate, Token, Registry, Wallet) = (clock, mandate, token, registry, wallet);

    public SandboxClock Clock { get; }

    public TestMandate Mandate { get; }

    public SimulatedToken Token { get; }

    public AssetRegistry Registry { get; }

    public LocalWallet Wallet { get; }

    public Address Account => Mandate.Account;

    public AssetId Coin { get; } = AssetId.Native(TestMandate.Chain);

    public static async Task<KindWorld> OpenAsync(string? storeUrl = null)
    {
        var clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 1000), clock, storeUrl);
        var token = await SimulatedToken.DeployAsync(clock, mandate.Account, 500);
        var registry = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(token.Asset));
        await mandate.EditPolicyAsync(Mandated(token.Asset));
        return new(clock, mandate, token, registry, await mandate.OpenWalletAsync(token.Chains, registry));
    }

    /// <summary>A rule for every kind: 500 of the token and of the coin for one, 600 within a day.</summary>
    public static SpendingPolicy Mandated(AssetId token)
    {
        var (chain, coin) = (token.Chain, AssetId.Native(token.Chain));
        return new()
        {
            Assets = [new(token, new Caps(PerPayment: 500, PerDay: 600)), new(coin, new Caps(PerPayment: 500, PerDay: 600))],
            Transfers = [new(token), new(coin)],
            Spenders = [new(token, Permit2.Contract, 500)],
            Contracts = [new(chain, token.Token, ContractFunction.Parse("cancelAuthorization(address authorizer,bytes32 nonce,uint8 v,bytes32 r,bytes32 s)")), new(chain, token.Token, ContractFunction.Parse("mint(address to,uint256 amount)"))],
            Gas = [new(chain, 200_000, MaxFee, UInt256.Parse("1000000000000000000"))],
            SignIn = new(["casino.example"]),
            TypedData = [new("TransferWithAuthorization"), new("PermitWitnessTransferFrom")],
        };
    }

    /// <summary>Adds blocks.</summary>
    public void Mine(int blocks)
    {
        for (; blocks > 0; blocks--)
        {
            Token.Chain.Mine();
        }
    }

    public TransferIntent Transfer(string id, ulong amount, AssetId? asset = null) =>
        new() { Id = id.PadRight(16, '_'), Account = Account, Asset = asset ?? Token.Asset, To = Payee, Amount = amount, GasCap = 100_000 };

    public ApproveIntent Approve(string id, ulong amount) => new() { Id = id.PadRight(16, '_'), Account = Account, Asset = Token.Asset, Spender = Permit2.Contract, Amount = amount, GasCap = 100_000 };

    public X402Permit2Intent Permit(string id, ulong amount)
    {
        var like = Mandate.Intent(id, amount);
        return new()
        {
            Id = like.Id,
            Account = like.Account,
            Asset = Token.Asset,
            PayTo = like.PayTo,
            Amount = like.Amount,
            MaxTimeoutSeconds = like.MaxTimeoutSeconds,
            Origin = like.Origin,
            Method = like.Method,
            Url = like.Url,
            BodyHash = like.BodyHash,
        };
    }

    public SignInIntent SignIn(string id) => new()
    {
        Id = id.PadRight(16, '_'),
        Account = Account,
        Origin = "https://casino.example",
        Domain = "casino.example",
        Statement = "Play fair.",
        Uri = "https://casino.example/login",
        Chain = TestMandate.Chain,
        Nonce = "abcdefgh12345678",
        IssuedAt = "2026-03-01T12:00:00Z",
    };

    public async Task<AuthorizationResult.Authorized> AuthorizeAsync(Intent intent) => (await Wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();

    public async Task<WalletRefusal> RefuseAsync(Intent intent) => (await Wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Refused>().Reason;

    public async Task<UInt256> BalanceAsync(Address account) => (await new TokenContract(Token.Chain, Token.Asset.Token).GetBalanceAsync(account)).ShouldNotBeNull();

    /// <summary>What the journal says of one intent.</summary>
    public async Task<string> EventsAsync(string id) =>
        string.Join(' ', (await Wallet.Journal.ReadAsync(Account, limit: 1000)).Where(entry => entry.IntentId == id && !entry.Event.Contains('.', StringComparison.Ordinal)).Select(entry => entry.Event));

    public async Task<UInt256> GasHeldAsync() => (await Mandate.Store.ReadAsync(reader => reader.Query<byte[]>("SELECT amount FROM wallet_spendings WHERE asset LIKE '%/gas' AND held = 1")))
        .Aggregate(UInt256.Zero, (sum, amount) => sum + UInt256.FromBigEndian(amount));

    public async ValueTask DisposeAsync()
    {
        await Token.DisposeAsync();
        await Mandate.DisposeAsync();
        Clock.Dispose();
    }
}
