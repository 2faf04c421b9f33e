using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Storage;
using Purser.Testing.Postgres;
using Purser.Wallet.Keys;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests;

public sealed class NonceLaneTests : IAsyncLifetime, IClassFixture<PostgresFixture>
{
    private static readonly Address s_payee = Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");

    private readonly PostgresFixture _postgres;
    private readonly SandboxClock _clock = SandboxClock.Follow(TimeProvider.System);
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-lane-").FullName;
    private readonly LocalSigner _signer = new(PrivateKey.Generate(new SeededRandom(11)));
    private SandboxChain _chain = null!;
    private Store _store = null!;

    public NonceLaneTests(PostgresFixture postgres) => _postgres = postgres;

    public async ValueTask InitializeAsync()
    {
        _chain = SandboxChain.Open(new SandboxOptions { ChainId = TestMandate.Chain, Genesis = [new GenesisAccount(_signer.Address) { Balance = UInt256.Parse("1000000000000000000") }] }, _clock);
        _store = await OpenStoreAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _chain.Dispose();
        _clock.Dispose();
        _signer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Relayer_nonces_racing_in_one_process()
    {
        using var lane = await OpenAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => lane.SendAsync(Pay($"pay-{i}"))));
        results.ShouldAllBe(result => result is LaneResult.Mined);
        results.Cast<LaneResult.Mined>().Select(mined => mined.Receipt.TransactionHash).Distinct().Count().ShouldBe(30);
        (await _chain.GetTransactionCountAsync(_signer.Address)).ShouldBe(30UL);
        (await _chain.GetBalanceAsync(s_payee)).ShouldBe((UInt256)30UL);
    }

    [Fact]
    public Task Relayer_nonces_racing_on_four_stores() => RaceAsync(StoreUrl.ForFile(Path.Combine(_folder, "lane.db")));

    [Fact]
    public async Task Relayer_nonces_racing_on_four_stores_of_PostgreSQL() => await RaceAsync(StoreUrl.Parse((await _postgres.RequireAsync()).Url));

    [Fact]
    public async Task One_key_makes_one_transaction_however_often_and_from_wherever_it_is_asked()
    {
        using var lane = await OpenAsync();
        await using var secondStore = await OpenStoreAsync();
        using var second = await NonceLane.OpenAsync(secondStore, _chain, TestMandate.Chain, _signer, _clock);
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? lane : second).SendAsync(Pay("the-same"))));

        results.Cast<LaneResult.Mined>().Select(mined => mined.Receipt.TransactionHash).Distinct().Count().ShouldBe(1);
        (await _chain.GetBalanceAsync(s_payee)).ShouldBe(UInt256.One);
        (await lane.FollowAsync("the-same", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        (await lane.FollowAsync("never-sent", TimeSpan.Zero)).ShouldBeNull();
        await Should.ThrowAsync<ArgumentException>(() => lane.SendAsync(Pay("the-same") with { Value = 2 }));
    }

    [Fact]
    public async Task Broadcast_but_unconfirmed_is_pending_and_the_retry_waits_for_the_known_hash()
    {
        _chain.Automine = false;
        using var lane = await OpenAsync(options: Quick);
        var pending = (await lane.SendAsync(Pay("slow"))).ShouldBeOfType<LaneResult.Pending>();
        (await lane.SendAsync(Pay("slow"))).ShouldBe(pending);
        _chain.Mine();
        var mined = (await lane.SendAsync(Pay("slow"))).ShouldBeOfType<LaneResult.Mined>();
        mined.Receipt.TransactionHash.ShouldBe(pending.TransactionHash);
        (await _chain.GetTransactionCountAsync(_signer.Address)).ShouldBe(1UL);
    }

    [Fact]
    public async Task A_send_that_never_arrived_is_broadcast_again_after_a_restart_and_nothing_else_takes_its_nonce()
    {
        var lossy = new UnreachableChain(_chain) { ReadsFail = false, SendsAreLost = true };
        LaneResult.Pending lost;
        using (var lane = await OpenAsync(lossy, Quick))
        {
            lost = (await lane.SendAsync(Pay("lost"))).ShouldBeOfType<LaneResult.Pending>();
        }

        await using var restartedStore = await OpenStoreAsync();
        using var restarted = await NonceLane.OpenAsync(restartedStore, _chain, TestMandate.Chain, _signer, _clock, Quick);
        (await restarted.RecoverAsync()).ShouldBe(0);
        (await restarted.SendAsync(Pay("lost"))).ShouldBeOfType<LaneResult.Mined>().Receipt.TransactionHash.ShouldBe(lost.TransactionHash);
        (await restarted.SendAsync(Pay("next"))).ShouldBeOfType<LaneResult.Mined>();
        (await _chain.GetBalanceAsync(s_payee)).ShouldBe((UInt256)2UL);
    }

    [Fact]
    public async Task A_lost_send_whose_caller_has_gone_does_not_hold_up_what_comes_after_it()
    {
        var lossy = new UnreachableChain(_chain) { ReadsFail = false, SendsAreLost = true };
        using var lane = await OpenAsync(lossy, Quick with { Rebroadcast = TimeSpan.FromMilliseconds(1), Poll = TimeSpan.FromMilliseconds(1) });
        (await lane.SendAsync(Pay("abandoned"))).ShouldBeOfType<LaneResult.Pending>();
        lossy.SendsAreLost = false;
        await lane.SendAsync(Pay("after-it"));

        // Whoever follows the second looks after the first too.
        (await lane.FollowAsync("after-it", TimeSpan.FromSeconds(30))).ShouldBeOfType<LaneResult.Mined>();
        (await _chain.GetTransactionCountAsync(_signer.Address)).ShouldBe(2UL);
    }

    [Fact]
    public async Task A_send_whose_answer_was_lost_is_mined_once()
    {
        using var lane = await OpenAsync(new UnreachableChain(_chain) { ReadsFail = false, AnswersAreLost = true });
        (await lane.SendAsync(Pay("answer-lost"))).ShouldBeOfType<LaneResult.Mined>();
        (await _chain.GetTransactionCountAsync(_signer.Address)).ShouldBe(1UL);
    }

    [Fact]
    public async Task What_would_revert_or_costs_too_much_takes_no_nonce()
    {
        var poor = new LocalSigner(PrivateKey.Generate(new SeededRandom(12)));
        using var lane = await OpenAsync();
        using var fromPoor = await NonceLane.OpenAsync(_store, _chain, TestMandate.Chain, poor, _clock);
        using var stingy = await OpenAsync(options: new() { MaxFeePerGas = UInt256.One });

        // Creation code that reverts at once: PUSH0 PUSH0 REVERT.
        (await RefuseAsync(lane, new() { Key = "revert", To = null, Data = new byte[] { 0x5f, 0x5f, 0xfd }, GasCap = 100_000 })).ShouldBe("would_revert");
        (await RefuseAsync(lane, Pay("too-much-gas") with { GasCap = 20_999 })).ShouldBe("gas_over_cap");
        (await RefuseAsync(stingy, Pay("too-dear"))).ShouldBe("fee_over_cap");
        (await RefuseAsync(fromPoor, Pay("poor") with { Value = 0 })).ShouldBe("insufficient_gas_funds");
        (await lane.SendAsync(Pay("good"))).ShouldBeOfType<LaneResult.Mined>();
        (await _chain.GetTransactionCountAsync(_signer.Address)).ShouldBe(1UL);
    }

    [Fact]
    public async Task A_chain_that_was_begun_anew_and_a_chain_of_another_id_are_told()
    {
        using (var lane = await OpenAsync())
        {
            (await lane.SendAsync(Pay("old-chain"))).ShouldBeOfType<LaneResult.Mined>();
        }

        // Another genesis block: its time is another.
        _clock.Advance(TimeSpan.FromHours(1));
        using var anew = SandboxChain.Open(_chain.Options, _clock);
        using var onAnew = await OpenAsync(anew);
        (await RefuseAsync(onAnew, Pay("new-chain"))).ShouldBe("chain_behind_lane");
        (await Should.ThrowAsync<ChainException>(() => NonceLane.OpenAsync(_store, _chain, new ChainId(8453), _signer, _clock))).IsTransient.ShouldBeFalse();
    }

    [Fact]
    public async Task A_holder_that_stopped_keeps_the_others_only_as_long_as_its_lease()
    {
        (await _store.Leases.TryAcquireAsync($"lane {TestMandate.Chain} {_signer.Address}", "frozen", TimeSpan.FromMinutes(5))).ShouldNotBeNull();
        using var lane = await OpenAsync(options: new() { LeaseWait = TimeSpan.Zero });
        (await RefuseAsync(lane, Pay("busy"))).ShouldBe("lane_busy");
        _clock.Advance(TimeSpan.FromMinutes(5));
        (await lane.SendAsync(Pay("busy"))).ShouldBeOfType<LaneResult.Mined>();
    }

    [Fact]
    public async Task A_guard_and_the_lanes_row_are_one_write_and_a_withdrawn_request_gives_its_nonce_back()
    {
        await _store.WriteAsync(transaction => { transaction.Execute("CREATE TABLE guarded (hash BLOB NOT NULL)"); });
        using var lane = await OpenAsync();
        var calls = 0;
        LaneRequest Guarded(string key, bool verdict) => Pay(key) with
        {
            Guard = (transaction, hash) =>
            {
                calls++;
                transaction.Execute("INSERT INTO guarded (hash) VALUES (@hash)", new { hash = hash.ToArray() });
                return verdict;
            },
        };

        (await RefuseAsync(lane, Guarded("withdrawn", false))).ShouldBe("request_withdrawn");
        (await lane.FollowAsync("withdrawn", TimeSpan.Zero)).ShouldBeNull();
        var mined = (await lane.SendAsync(Guarded("kept", true))).ShouldBeOfType<LaneResult.Mined>();
        (await lane.SendAsync(Guarded("kept", false))).ShouldBeOfType<LaneResult.Mined>();
        calls.ShouldBe(2);
        (await _store.ReadAsync(reader => reader.Query<byte[]>("SELECT hash FROM guarded"))).ShouldHaveSingleItem().ShouldBe(mined.Receipt.TransactionHash.ToArray());

        // The nonce that was given back is the next one's.
        (await _chain.GetTransactionCountAsync(_signer.Address)).ShouldBe(1UL);
    }

    private static NonceLaneOptions Quick => new() { ReceiptWait = TimeSpan.Zero };

    private static LaneRequest Pay(string key) => new() { Key = key, To = s_payee, Value = 1, GasCap = 100_000 };

    private static async Task<string> RefuseAsync(NonceLane lane, LaneRequest request) => (await lane.SendAsync(request)).ShouldBeOfType<LaneResult.Refused>().Code;

    private Task<Store> OpenStoreAsync() => Store.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "lane.db")), _clock);

    private Task<NonceLane> OpenAsync(IChain? chain = null, NonceLaneOptions? options = null) => NonceLane.OpenAsync(_store, chain ?? _chain, TestMandate.Chain, _signer, _clock, options);

    private async Task RaceAsync(StoreUrl url)
    {
        var lanes = new List<(Store Store, NonceLane Lane)>();
        for (var i = 0; i < 4; i++)
        {
            var store = await Store.OpenAsync(url, _clock);
            lanes.Add((store, await NonceLane.OpenAsync(store, _chain, TestMandate.Chain, _signer, _clock, new() { Owner = $"replica {i}" })));
        }

        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => lanes[i % 4].Lane.SendAsync(Pay($"race-{i}"))));
        results.ShouldAllBe(result => result is LaneResult.Mined);
        (await _chain.GetTransactionCountAsync(_signer.Address)).ShouldBe(40UL);
        (await _chain.GetBalanceAsync(s_payee)).ShouldBe((UInt256)40UL);
        foreach (var (store, lane) in lanes)
        {
            lane.Dispose();
            await store.DisposeAsync();
        }
    }
}
