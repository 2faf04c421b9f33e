using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Contracts;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;
using Purser.Testing;
using Purser.Wallet.Keys;
using Purser.Wallet.Transactions;

namespace Purser.Services.Tests.Facilitator;

/// <summary>A sandbox with the test dollar, a payer who holds some, and a facilitator with its lane and book on a store.</summary>
internal sealed class FacilitatorWorld : IAsyncDisposable
{
    public static readonly ChainId Network = new(84532);
    public static readonly Address Payee = Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
    public static readonly UInt256 Price = 1000;
    public static readonly UInt256 Funds = 10_000;

    private static readonly UInt256 s_ether = UInt256.Parse("1000000000000000000000");
    private readonly PrivateKey _deployer = KeyOf(1);
    private readonly LocalSigner _sender = new(KeyOf(2));
    private readonly StoreUrl _url;
    private ulong _deployerNonce;

    private FacilitatorWorld(StoreUrl url, Hardfork hardfork)
    {
        _url = url;
        Clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        Chain = SandboxChain.Open(new SandboxOptions { ChainId = Network, Hardfork = hardfork, Genesis = [new GenesisAccount(_deployer.Address) { Balance = s_ether }] }, Clock);
        Node = new(Chain);
    }

    public SandboxClock Clock { get; }

    public SandboxChain Chain { get; }

    /// <summary>The facilitator's way to the chain.</summary>
    public FaultyChain Node { get; }

    public PrivateKey Payer { get; } = KeyOf(3);

    public AssetId Dollar { get; private set; }

    public Store Store { get; private set; } = null!;

    public NonceLane Lane { get; private set; } = null!;

    public EvmFacilitator Facilitator { get; private set; } = null!;

    public Address Sender => _sender.Address;

    public ulong Now => Clock.UnixSeconds;

    /// <summary>The seller's terms.</summary>
    public PaymentRequirements Terms => Requirements();

    public static PrivateKey KeyOf(ulong seed) => PrivateKey.FromBytes(new Seeded(seed).Bytes(32));

    /// <summary>Opens the world.</summary>
    /// <param name="url">The facilitator's store.</param>
    /// <param name="gas">Whether the facilitator's account has ether.</param>
    /// <param name="hardfork">The chain's rules.</param>
    public static async Task<FacilitatorWorld> OpenAsync(StoreUrl url, bool gas = true, Hardfork hardfork = Hardfork.Cancun)
    {
        var world = new FacilitatorWorld(url, hardfork);
        if (gas)
        {
            world.FundSender();
        }

        byte[] creation = [.. ContractArtifacts.TestUsd.CreationCode.ToArray(), .. Word(world._deployer.Address)];
        var receipt = await world.SendAsync(null, creation);
        world.Dollar = new(Network, receipt.ContractAddress!.Value);
        await world.MintAsync(world.Payer.Address, Funds);
        await world.StartAsync();
        return world;
    }

    public void FundSender() => Chain.SetBalance(Sender, s_ether);

    /// <summary>A facilitator that begins anew on the same store and chain, as after a restart.</summary>
    public async Task RestartAsync()
    {
        Lane.Dispose();
        await Store.DisposeAsync();
        await StartAsync();
    }

    /// <summary>Another facilitator on the same lane and store, with its own idea of the time.</summary>
    public EvmFacilitator At(TimeProvider clock) => new(new Dictionary<ChainId, FacilitatorChain> { [Network] = new(Node, Lane) }, new SettlementBook(Store, clock), clock, TimeSpan.Zero);

    public Task MintAsync(Address to, UInt256 amount) => SendAsync(Dollar.Token, [.. Selector("mint(address,uint256)"), .. Word(to), .. amount.ToBigEndian()]);

    /// <summary>An account's own transaction; its ether comes for that.</summary>
    public async Task<TransactionReceipt> SendAsAsync(PrivateKey key, Address to, byte[] data)
    {
        Chain.SetBalance(key.Address, s_ether);
        var signed = new Transaction1559
        {
            ChainId = Network, Nonce = await Chain.GetTransactionCountAsync(key.Address), MaxPriorityFeePerGas = 50_000_000_000UL, MaxFeePerGas = 100_000_000_000UL, GasLimit = 1_000_000, To = to, Data = data,
        }.Sign(key);
        return (await Chain.GetTransactionReceiptAsync(await Chain.SendRawTransactionAsync(signed.Raw))).ShouldNotBeNull();
    }

    /// <summary>Lets Permit2 take of an account's dollars.</summary>
    public Task ApproveAsync(PrivateKey owner, UInt256 amount) => SendAsAsync(owner, Dollar.Token, [.. Selector("approve(address,uint256)"), .. Word(Permit2.Contract), .. amount.ToBigEndian()]);

    public async Task<UInt256> BalanceAsync(Address account)
    {
        var answer = await Chain.CallAsync(new CallRequest { To = Dollar.Token, Data = (byte[])[.. Selector("balanceOf(address)"), .. Word(account)] });
        return UInt256.FromBigEndian(answer.ShouldBeOfType<CallResult.Returned>().Data);
    }

    /// <summary>Somebody else puts the authorization on the chain.</summary>
    public async Task<TransactionReceipt> SubmitDirectlyAsync(Eip3009Authorization message, ReadOnlyMemory<byte> signature) => await SendAsync(Dollar.Token,
    [
        .. Selector("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"),
        .. Word(message.From), .. Word(message.To), .. message.Value.ToBigEndian(), .. message.ValidAfter.ToBigEndian(), .. message.ValidBefore.ToBigEndian(), .. message.Nonce.ToArray(),
        .. new byte[31], signature.Span[64], .. signature.Span[..64].ToArray(),
    ]);

    public PaymentRequirements Requirements(Address? token = null, string name = "Test USD", string version = "1", ulong amount = 1000, Address? payTo = null, ChainId? network = null) =>
        new ExactEip3009Terms(new AssetId(network ?? Network, token ?? Dollar.Token), payTo ?? Payee, amount, 120, name, version).ToRequirements();

    public Eip3009Authorization Message(ulong nonce, Address? from = null) =>
        new(from ?? Payer.Address, Payee, Price, 0, Now + 120, new Hash32(new Seeded(1000 + nonce).Bytes(32)));

    /// <summary>A payment of the terms, signed by the payer's key under the terms' own domain.</summary>
    public FacilitatorRequest Request(Eip3009Authorization message, PaymentRequirements? terms = null, PrivateKey? key = null, ReadOnlyMemory<byte>? signature = null)
    {
        terms ??= Terms;
        return new(new PaymentPayload(terms, new Eip3009Proof(ExactEip3009.Instance.ReadTerms(terms, out _)!, message, signature ?? Sign(message, terms, key)).ToJson()), terms);
    }

    public byte[] Sign(Eip3009Authorization message, PaymentRequirements? terms = null, PrivateKey? key = null)
    {
        var read = ExactEip3009.Instance.ReadTerms(terms ?? Terms, out _)!;
        return (key ?? Payer).Sign(Eip3009.Digest(message, Eip3009.DomainSeparator(read.DomainName, read.DomainVersion, read.Asset))).ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        Lane.Dispose();
        await Store.DisposeAsync();
        Chain.Dispose();
        Clock.Dispose();
        _sender.Dispose();
        _deployer.Dispose();
        Payer.Dispose();
    }

    private async Task StartAsync()
    {
        Store = await Store.OpenAsync(_url, Clock);
        // Nobody moves the clock here, so nobody waits on it: what has no receipt at once is pending.
        Lane = await NonceLane.OpenAsync(Store, Node, Network, _sender, Clock, new() { ReceiptWait = TimeSpan.Zero });
        var book = new SettlementBook(Store, Clock);
        await book.MigrateAsync();
        Facilitator = new(new Dictionary<ChainId, FacilitatorChain> { [Network] = new(Node, Lane) }, book, Clock, TimeSpan.Zero);
    }

    private async Task<TransactionReceipt> SendAsync(Address? to, byte[] data)
    {
        var automine = Chain.Automine;
        Chain.Automine = true;
        var signed = new Transaction1559
        {
            ChainId = Network, Nonce = _deployerNonce++, MaxPriorityFeePerGas = 50_000_000_000UL, MaxFeePerGas = 100_000_000_000UL, GasLimit = 4_000_000, To = to, Data = data,
        }.Sign(_deployer);
        var hash = await Chain.SendRawTransactionAsync(signed.Raw);
        Chain.Automine = automine;
        var receipt = (await Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull();
        receipt.Succeeded.ShouldBeTrue();
        return receipt;
    }

    private static byte[] Selector(string signature) => Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(signature)).Bytes[..4].ToArray();

    private static byte[] Word(Address address) => [.. new byte[12], .. address.ToArray()];
}
