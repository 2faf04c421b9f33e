using System.Diagnostics.Metrics;
using Purser.Ethereum;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;
using Purser.Wallet.Keys;
using Purser.Wallet.Transactions;

namespace Purser.Services.Tests.Facilitator;

/// <summary>Several keys, payers whose wallets do not exist yet (ERC-6492) or are delegated (EIP-7702), what is forgotten and what is counted.</summary>
public sealed class KeysAndWalletsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-keys-").FullName;
    private readonly LocalSigner _second = new(FacilitatorWorld.KeyOf(60));
    private FacilitatorWorld _world = null!;
    private NonceLane _lane = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")));
        _world.Chain.SetBalance(_second.Address, UInt256.Parse("1000000000000000000"));
        _lane = await NonceLane.OpenAsync(_world.Store, _world.Node, FacilitatorWorld.Network, _second, _world.Clock, new() { ReceiptWait = TimeSpan.Zero });
    }

    public async ValueTask DisposeAsync()
    {
        _lane.Dispose();
        _second.Dispose();
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private EvmFacilitator Of(FacilitatorChain chain, FacilitatorTelemetry? telemetry = null) =>
        new(new Dictionary<ChainId, FacilitatorChain> { [FacilitatorWorld.Network] = chain }, new SettlementBook(_world.Store, _world.Clock), _world.Clock, TimeSpan.Zero) { Telemetry = telemetry };

    private Task<long> RowsAsync() => _world.Store.ReadAsync(reader => reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM facilitator_settlements"));

    [Fact]
    public async Task Several_keys_share_the_work_and_each_payment_keeps_its_key_whatever_their_order()
    {
        var one = Of(new(_world.Node, _world.Lane) { MoreLanes = [_lane] });
        var other = Of(new(_world.Node, _lane) { MoreLanes = [_world.Lane] });
        var senders = new HashSet<Address>();
        for (var nonce = 1UL; nonce <= 8; nonce++)
        {
            var request = _world.Request(_world.Message(nonce));
            var settled = await one.SettleAsync(request);
            settled.Success.ShouldBeTrue();
            (await other.SettleAsync(request)).ShouldBe(settled);
            (await one.SettleAsync(request)).ShouldBe(settled);
            senders.Add((await _world.Chain.GetTransactionReceiptAsync(Hash32.Parse(settled.Transaction)))!.From);
        }

        senders.ShouldBe([_world.Sender, _second.Address], ignoreOrder: true);
        _world.Node.Sends.ShouldBe(8);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(8000UL);

        var supported = await one.GetSupportedAsync();
        supported.Signers["eip155:*"].ShouldBe([_world.Sender.ToString(), _second.Address.ToString()]);
    }

    [Fact]
    public async Task What_one_key_has_on_its_way_is_followed_there_and_a_facilitator_without_that_key_does_not_send_it_again()
    {
        _world.Chain.Automine = false;
        var both = Of(new(_world.Node, _world.Lane) { MoreLanes = [_lane] });
        var request = _world.Request(_world.Message(1));
        var pending = await both.SettleAsync(request);
        (pending.Success, pending.ErrorReason).ShouldBe((false, "settlement_pending"));
        var swapped = Of(new(_world.Node, _lane) { MoreLanes = [_world.Lane] });
        (await swapped.SettleAsync(request)).ShouldBe(pending);
        _world.Node.Transactions.Count.ShouldBe(1);

        // Only one of the two keys began it; whoever holds the other alone cannot say.
        var faults = 0;
        foreach (var lane in new[] { _world.Lane, _lane })
        {
            try
            {
                (await Of(new(_world.Node, lane)).SettleAsync(request)).ShouldBe(pending);
            }
            catch (FacilitatorException fault)
            {
                fault.IsIndeterminate.ShouldBeTrue();
                faults++;
            }
        }

        faults.ShouldBe(1);
        _world.Node.Transactions.Count.ShouldBe(1);
        _world.Chain.Mine();
        (await both.SettleAsync(request)).ShouldSatisfyAllConditions(s => s.Success.ShouldBeTrue(), s => s.Transaction.ShouldBe(pending.Transaction));
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(1000UL);
    }

    [Fact]
    public async Task A_wallet_that_does_not_exist_yet_is_deployed_by_an_allowed_factory_and_then_pays()
    {
        var wallet = Undeployed.Make(1);
        await _world.MintAsync(wallet.Address, 5000);
        var allowing = Of(new(_world.Node, _world.Lane) { Factories = FactoryRule.Only(WellKnownContracts.Create2Deployer) });
        var request = _world.Request(_world.Message(1, wallet.Address), signature: wallet.Wrap([0x42, 1, 2]));
        for (var i = 0; i < 2; i++)
        {
            (await allowing.VerifyAsync(request)).ShouldBe(new VerifyResponse(true, wallet.Address.ToString()));
        }

        _world.Node.Sends.ShouldBe(0);
        (await _world.Facilitator.VerifyAsync(request)).InvalidReason.ShouldBe("eip6492_factory_not_allowed");
        (await _world.Facilitator.SettleAsync(request)).ErrorReason.ShouldBe("eip6492_factory_not_allowed");

        var settled = await allowing.SettleAsync(request);
        settled.ErrorReason.ShouldBeNull(settled.ErrorMessage);
        settled.Success.ShouldBeTrue();
        (await allowing.SettleAsync(request)).ShouldBe(settled);
        _world.Node.Transactions.Count.ShouldBe(2);
        (await _world.Chain.GetCodeAsync(wallet.Address)).ShouldNotBeEmpty();
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(1000UL);

        // Now that it is there, the same wrapper costs no deployment.
        var next = await allowing.SettleAsync(_world.Request(_world.Message(2, wallet.Address), signature: wallet.Wrap([0x42])));
        next.Success.ShouldBeTrue();
        _world.Node.Transactions.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_hostile_factory_is_not_called_and_one_that_deploys_elsewhere_or_a_poor_wallet_costs_no_gas()
    {
        var wallet = Undeployed.Make(2);
        var allowing = Of(new(_world.Node, _world.Lane) { Factories = FactoryRule.Only(WellKnownContracts.Create2Deployer) });
        await ShouldFailAsync(wallet with { Factory = FacilitatorWorld.Payee }, [0x42], "eip6492_factory_not_allowed");
        await ShouldFailAsync(wallet with { Calldata = Undeployed.Make(3).Calldata }, [0x42], "invalid_exact_evm_signature");
        await ShouldFailAsync(wallet, [0x41], "invalid_exact_evm_signature");
        (await allowing.VerifyAsync(_world.Request(_world.Message(1, wallet.Address), signature: wallet.Wrap([0x42])))).InvalidReason.ShouldBe("invalid_exact_evm_insufficient_balance");
        _world.Node.Sends.ShouldBe(0);

        async Task ShouldFailAsync(Undeployed hostile, byte[] inner, string reason)
        {
            var request = _world.Request(_world.Message(1, wallet.Address), signature: hostile.Wrap(inner));
            for (var i = 0; i < 2; i++)
            {
                (await allowing.VerifyAsync(request)).InvalidReason.ShouldBe(reason);
                (await allowing.SettleAsync(request)).ErrorReason.ShouldBe(reason);
            }
        }
    }

    [Fact]
    public async Task A_delegated_account_cannot_pay_by_its_key_alone()
    {
        var code = Address.Parse("0x1000000000000000000000000000000000007702");
        _world.Chain.SetCode(code, Wallets.TakesAnythingWithMark);
        _world.Chain.SetCode(_world.Payer.Address, [0xef, 0x01, 0x00, .. code.ToArray()]);
        var message = _world.Message(1);
        (await _world.Facilitator.VerifyAsync(_world.Request(message))).InvalidReason.ShouldBe("invalid_exact_evm_signature");
        (await _world.Facilitator.SettleAsync(_world.Request(message))).ErrorReason.ShouldBe("invalid_exact_evm_signature");
        _world.Node.Sends.ShouldBe(0);
    }

    [Fact]
    public async Task A_gas_cap_of_the_chain_holds()
    {
        var tight = Of(new(_world.Node, _world.Lane) { GasCap = 30_000 });
        var request = _world.Request(_world.Message(1));
        (await tight.SettleAsync(request)).ErrorReason.ShouldBe("invalid_exact_evm_transaction_simulation_failed");
        _world.Node.Sends.ShouldBe(0);
        (await _world.Facilitator.SettleAsync(request)).Success.ShouldBeTrue();
    }

    [Fact]
    public async Task Results_are_forgotten_only_when_the_payment_itself_is_long_dead()
    {
        (await _world.Facilitator.SettleAsync(_world.Request(_world.Message(1)))).Success.ShouldBeTrue();
        (await _world.Facilitator.SettleAsync(_world.Request(_world.Message(2) with { ValidBefore = UInt256.MaxValue }))).Success.ShouldBeTrue();
        _world.Clock.Advance(TimeSpan.FromDays(29));
        (await _world.Facilitator.SettleAsync(_world.Request(_world.Message(3)))).Success.ShouldBeTrue();
        (await RowsAsync()).ShouldBe(3);
        _world.Clock.Advance(TimeSpan.FromDays(2));
        (await _world.Facilitator.SettleAsync(_world.Request(_world.Message(4)))).Success.ShouldBeTrue();

        // The first is gone; what has no end, what is young and the newest stay.
        (await RowsAsync()).ShouldBe(3);
    }

    [Fact]
    public async Task Outcomes_are_counted_by_the_closed_set()
    {
        using var telemetry = new FacilitatorTelemetry();
        var counted = new List<(string Instrument, string? Outcome)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == FacilitatorTelemetry.Name)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "outcome")
                {
                    counted.Add((instrument.Name, tag.Value as string));
                }
            }
        });
        listener.Start();
        var facilitator = Of(new(_world.Node, _world.Lane), telemetry);
        var request = _world.Request(_world.Message(1));
        await facilitator.VerifyAsync(request);
        await facilitator.SettleAsync(request);
        await facilitator.VerifyAsync(request);
        counted.ShouldBe(
        [
            ("purser.facilitator.verifications", "valid"), ("purser.facilitator.settlements", "settled"), ("purser.facilitator.verifications", "invalid_exact_evm_nonce_already_used"),
        ]);
    }

    /// <summary>A wallet of a known address that its factory, the CREATE2 deployer of every chain, has still to make.</summary>
    private sealed record Undeployed(Address Address, Address Factory, byte[] Calldata)
    {
        public static Undeployed Make(byte salt)
        {
            // PUSH1 size, DUP1, PUSH1 9, PUSH0.., CODECOPY, RETURN in the short form: 60 size 80 60 09 3d 39 3d f3, and the code.
            byte[] creation = [0x60, (byte)Wallets.TakesAnythingWithMark.Length, 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3, .. Wallets.TakesAnythingWithMark];
            byte[] word = [.. new byte[31], salt];
            var hash = Keccak256.Hash([0xff, .. WellKnownContracts.Create2Deployer.ToArray(), .. word, .. Keccak256.Hash(creation).ToArray()]);
            return new(new Address(hash.Bytes[12..]), WellKnownContracts.Create2Deployer, [.. word, .. creation]);
        }

        public byte[] Wrap(byte[] inner) => new WrappedSignature(Factory, Calldata, inner).Encode();
    }
}
