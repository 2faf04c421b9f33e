using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Testing;

namespace Purser.Services.Tests.Payments.Attacks;

/// <summary>A seller, a facilitator behind its HTTP endpoints and an EVM with the test dollar, all real, and somebody with dollars and an approval of Permit2 who attacks them. Everything that money could leave is counted.</summary>
internal sealed class AttackedShop : IAsyncDisposable
{
    /// <summary>What the attacker holds at the beginning.</summary>
    public static readonly UInt256 Funds = 50_000UL;

    private readonly List<IDisposable> _clients = [];

    private AttackedShop(MoneyWorld world, Shop shop)
    {
        (World, Shop) = (world, shop);
        Payer = new(world.Clock, 31);
        Permits = new(world.Clock, 31);
    }

    public MoneyWorld World { get; }

    public Shop Shop { get; }

    /// <summary>The attacker, who signs what he likes by EIP-3009.</summary>
    public Payer Payer { get; }

    /// <summary>The same one, who signs what he likes by Permit2.</summary>
    public Permits Permits { get; }

    public ulong Now => World.Clock.UnixSeconds;

    /// <summary>Opens it.</summary>
    /// <param name="blind">Whether the shop has no node of its own, and hears of the chain by its facilitator alone.</param>
    public static async Task<AttackedShop> OpenAsync(bool blind = false)
    {
        var world = await MoneyWorld.OpenAsync();
        var attacked = new AttackedShop(world, await world.OpenShopAsync(configure: options => options.Chain = blind ? null : options.Chain));
        await world.MintAsync(attacked.Payer.Address, Funds);
        await world.ApprovePermit2Async(attacked.Permits.Key, Funds);
        return attacked;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        Permits.Key.Dispose();
        await World.DisposeAsync();
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? payment) => SendAsync(Shop.Get(path, payment));

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => SendAsync(Shop, request);

    public Task<HttpResponseMessage> SendAsync(Shop shop, HttpRequestMessage request)
    {
        var client = shop.Client();
        _clients.Add(client);
        return client.SendAsync(request);
    }

    /// <summary>The shop serves nothing and runs nothing, says why, and nothing moves, however often it is tried.</summary>
    public async Task ShouldRefuseAsync(string path, string payment, string reason, HttpStatusCode status = HttpStatusCode.PaymentRequired)
    {
        var before = await CountAsync();
        for (var i = 0; i < 2; i++)
        {
            using var response = await GetAsync(path, payment);
            response.StatusCode.ShouldBe(status);
            Payer.ReadRequired(response).Error.ShouldBe(reason);
            response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        }

        (await CountAsync()).ShouldBe(before);
    }

    /// <summary>The facilitator, asked without any shop, neither verifies nor settles it.</summary>
    public async Task FacilitatorShouldRefuseAsync(FacilitatorRequest request, string reason)
    {
        var before = await CountAsync();
        for (var i = 0; i < 2; i++)
        {
            (await World.Remote.VerifyAsync(request)).InvalidReason.ShouldBe(reason);
            (await World.Remote.SettleAsync(request)).ErrorReason.ShouldBe(reason);
        }

        (await CountAsync()).ShouldBe(before);
    }

    /// <summary>What a header asks of a facilitator under the shop's own terms.</summary>
    public static FacilitatorRequest RequestOf(string header, PaymentRequirements terms)
    {
        var shape = PaymentHeader.Decode(header);
        var payload = PaymentPayload.Read(shape);
        shape.Refusal.ShouldBeNull();
        return new(payload, terms);
    }

    /// <summary>Everything that an attack could change: work done, dollars of all parties, the facilitator's ether and transactions.</summary>
    public async Task<Count> CountAsync() => new(
        Shop.Runs, await World.BalanceAsync(Shop.Seller), await World.BalanceAsync(Payer.Address), await World.BalanceAsync(World.Sender),
        await World.Chain.GetBalanceAsync(World.Sender), await World.Chain.GetTransactionCountAsync(World.Sender));

    /// <summary>So many requests were paid once each and served by one run each, by one transaction each.</summary>
    public async Task ShouldHaveSoldAsync(int requests)
    {
        var count = await CountAsync();
        count.Runs.ShouldBe(requests);
        count.Seller.ShouldBe(Shop.Price * (ulong)requests);
        count.Payer.ShouldBe(Funds - (Shop.Price * (ulong)requests));
        count.Transactions.ShouldBe((ulong)requests);
    }

    /// <summary>A contract account that answers as its code does, with dollars of its own.</summary>
    public async Task<Address> MakeWalletAsync(byte[] code)
    {
        var wallet = new Address(new Seeded(1271).Bytes(20));
        World.Chain.SetCode(wallet, code);
        await World.MintAsync(wallet, 10_000);
        return wallet;
    }

    /// <summary>A payment of terms from any account, with any signature.</summary>
    public string PayFrom(Address from, PaymentRequirements terms, byte[] signature)
    {
        var read = ExactEip3009.Instance.ReadTerms(terms, out _)!;
        var message = new Eip3009Authorization(from, read.PayTo, read.Amount, 0, Now + 100, Keccak256.Hash(from.Bytes));
        return Payer.Encode(terms, new(read, message, signature));
    }

    /// <summary>The numbers.</summary>
    public sealed record Count(int Runs, UInt256 Seller, UInt256 Payer, UInt256 Facilitator, UInt256 Ether, ulong Transactions);
}
