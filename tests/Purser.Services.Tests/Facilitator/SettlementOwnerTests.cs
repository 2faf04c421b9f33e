using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Tests.Facilitator;

/// <summary>For whom a payment is settled: the first asker's result is his, and no second asker is told that he was paid by it (docs/selling.md, "Whose payment is it").</summary>
public sealed class SettlementOwnerTests : IAsyncLifetime
{
    private const string Used = "invalid_exact_evm_nonce_already_used";
    private static readonly string s_one = new('a', 64);
    private static readonly string s_two = new('b', 64);
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-owner-").FullName;
    private FacilitatorWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")));

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<SettleResponse> SettleAsync(FacilitatorRequest request, string? owner = null) => _world.Facilitator.SettleAsync(request with { Owner = owner });

    private static void ShouldBeAnothers(SettleResponse answer) => (answer.Success, answer.ErrorReason, answer.IsAnothers, answer.Transaction).ShouldBe((false, Used, true, ""));

    [Fact]
    public async Task The_same_asker_gets_the_first_result_again_and_another_is_told_that_the_nonce_is_used_also_after_a_restart()
    {
        var request = _world.Request(_world.Message(1));
        var settled = await SettleAsync(request, s_one);
        settled.Success.ShouldBeTrue();
        for (var i = 0; i < 2; i++)
        {
            (await SettleAsync(request, s_one)).ShouldBe(settled);
            ShouldBeAnothers(await SettleAsync(request, s_two));
            ShouldBeAnothers(await SettleAsync(request));
            await _world.RestartAsync();
        }

        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(FacilitatorWorld.Price);
        _world.Node.Sends.ShouldBe(1);
    }

    [Fact]
    public async Task A_seller_who_sends_no_name_is_known_by_what_he_asks_for_and_repeats_it_after_a_lost_answer()
    {
        var request = _world.Request(_world.Message(1));
        var wire = PaymentHeader.Json(request.Write);
        var settled = await SettleAsync(FacilitatorRequest.Read(JsonShape.Parse(wire)));
        settled.Success.ShouldBeTrue();
        (await SettleAsync(FacilitatorRequest.Read(JsonShape.Parse(wire)))).ShouldBe(settled);

        // Another shop's terms, or another resource: not what was asked for the first time.
        ShouldBeAnothers(await SettleAsync(request with { Payload = request.Payload with { Resource = new("https://other.example/report") } }));
        var longer = request.Requirements with { MaxTimeoutSeconds = 90, Verbatim = null };
        ShouldBeAnothers(await SettleAsync(request with { Payload = request.Payload with { Accepted = longer }, Requirements = longer }));
    }

    [Fact]
    public async Task Two_sellers_of_version_1_differ_by_their_resource_even_with_one_payee()
    {
        FacilitatorRequest Ask(string resource)
        {
            var request = _world.Request(_world.Message(1));
            var payload = request.Payload with { Version = 1, Resource = new(resource) };
            return FacilitatorRequest.Read(JsonShape.Parse(PaymentHeader.Json((request with { Version = 1, Payload = payload }).Write)));
        }

        var settled = await SettleAsync(Ask("https://one.example/"));
        settled.Success.ShouldBeTrue(settled.ErrorReason);
        (await SettleAsync(Ask("https://one.example/"))).ShouldBe(settled);
        ShouldBeAnothers(await SettleAsync(Ask("https://two.example/")));
    }

    [Fact]
    public async Task While_the_first_askers_transaction_is_on_its_way_another_is_refused_and_nothing_more_is_sent()
    {
        _world.Chain.Automine = false;
        var request = _world.Request(_world.Message(1));
        (await SettleAsync(request, s_one)).ErrorReason.ShouldBe("settlement_pending");
        ShouldBeAnothers(await SettleAsync(request, s_two));
        _world.Node.Transactions.Count.ShouldBe(1);
        _world.Chain.Mine();
        (await SettleAsync(request, s_one)).Success.ShouldBeTrue();
        ShouldBeAnothers(await SettleAsync(request, s_two));
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(FacilitatorWorld.Price);
    }

    [Fact]
    public async Task Where_nothing_was_sent_for_the_first_asker_another_may_settle()
    {
        _world.Chain.SetBalance(_world.Sender, UInt256.Zero);
        var request = _world.Request(_world.Message(1));
        await Should.ThrowAsync<FacilitatorException>(() => SettleAsync(request, s_one));
        _world.FundSender();
        (await SettleAsync(request, s_two)).Success.ShouldBeTrue();
        ShouldBeAnothers(await SettleAsync(request, s_one));
    }

    [Fact]
    public async Task Attack_one_authorization_handed_in_by_fifty_askers_at_once_is_one_askers()
    {
        var request = _world.Request(_world.Message(1));
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => SettleAsync(request, $"asker-number-{i:d4}")));
        answers.Count(answer => answer.Success).ShouldBe(1);
        answers.Where(answer => !answer.Success).ShouldAllBe(answer => answer.ErrorReason == Used);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(FacilitatorWorld.Price);
        _world.Node.Sends.ShouldBe(1);
    }

    [Fact]
    public void What_is_anothers_is_an_extension_on_the_wire_in_both_versions()
    {
        var answer = new SettleResponse(false, "", "eip155:84532", null, Used) { IsAnothers = true };
        var json = System.Text.Encoding.UTF8.GetString(PaymentHeader.Json(answer.Write));
        json.ShouldContain("""
            "extensions":{"settlement-owner":{"status":"other"}}
            """);
        SettleResponse.Read(JsonShape.Parse(PaymentHeader.Json(answer.Write))).ShouldBe(answer);
        SettleResponse.Read(JsonShape.Parse(PaymentHeader.Json(Protocol.Payments.V1.ReasonsV1.ToV1(answer).Write))).IsAnothers.ShouldBeTrue();
        foreach (var other in (string[])["[]", "null", "1", """{"settlement-owner":1}""", """{"settlement-owner":{"status":1}}""", """{"settlement-owner":{}}"""])
        {
            var shape = JsonShape.Parse(System.Text.Encoding.UTF8.GetBytes($$"""{"success":false,"transaction":"","network":"eip155:1","errorReason":"x","extensions":{{other}}}"""));
            SettleResponse.Read(shape).IsAnothers.ShouldBeFalse();
            shape.Ok.ShouldBeTrue(other);
        }
    }
}
