#!/usr/bin/env dotnet
#:project ../src/Purser.Agent/Purser.Agent.csproj

// An agent that pays for what it asks for, within a mandate. It needs a chain and a shop; `./purser up` brings both:
//   dotnet run samples/buyer.cs -- http://127.0.0.1:4020/weather http://127.0.0.1:8545 <address of TestUSD>
using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Storage;
using Purser.Wallet;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;

var (url, rpc, token) = (new Uri(args[0]), new Uri(args[1]), Address.Parse(args[2]));
var home = Directory.CreateTempSubdirectory("purser-buyer-").FullName;
var (clock, random) = (TimeProvider.System, new SystemRandom());
using var rpcClient = new HttpClient();
IChain chain = new JsonRpcChain(rpcClient, rpc, clock);
var network = await chain.GetChainIdAsync();
var dollar = TokenInfo.TestUsd(new AssetId(network, token));
var registry = AssetRegistry.BuiltIn.With(new ChainInfo(network, "Sandbox", null, "ETH", IsTestnet: true)).With(dollar);

// The key of a sandbox's development account; a real one comes from KeyStoreDirectory.Unlock.
using var keys = new KeyRing(new LocalSigner(DevelopmentKey(2)));
using var journalKey = JournalKey.LoadOrCreate(home, random) is KeyResult<JournalKey>.Found found ? found.Value : throw new IOException($"no journal key in {home}");
var account = DevelopmentAddress(2);

// <mandate>
var policy = new PolicyFile(home, registry);
policy.TryCreate(new SpendingPolicy
{
    Assets = [new AssetRule(dollar.Asset, new Caps(PerPayment: 20_000, PerDay: 1_000_000))], // 0.02 and 1.00 dollars
    AllowOrigins = [url.GetLeftPart(UriPartial.Authority)],
}, random);
// </mandate>

// <buy>
await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(home, "purser.db")), clock);
var wallet = await LocalWallet.OpenAsync(new()
{
    Store = store,
    Keys = keys,
    JournalKey = journalKey,
    Policy = policy,
    Registry = registry,
    Chains = new Dictionary<ChainId, IChain> { [network] = chain },
    Time = clock,
    Random = random,
});
var options = new PaymentHandlerOptions { Account = account, MaxAmount = new TokenAmount(20_000, dollar.Asset) };
using var http = new HttpClient(new PaymentHandler(wallet, registry, options, clock, random)
{
    InnerHandler = new SocketsHttpHandler { AllowAutoRedirect = false },
});
Console.WriteLine(await http.GetStringAsync(url)); // a 402 within the cap is paid on the way
// </buy>

Directory.Delete(home, recursive: true);

static PrivateKey DevelopmentKey(int index)
{
    var seed = new byte[Mnemonic.SeedSize];
    Mnemonic.ToSeed("test test test test test test test test test test test junk", "", seed);
    using var root = HdKey.FromSeed(seed);
    return root.Derive($"m/44'/60'/0'/0/{index}");
}

static Address DevelopmentAddress(int index)
{
    using var key = DevelopmentKey(index);
    return key.Address;
}
