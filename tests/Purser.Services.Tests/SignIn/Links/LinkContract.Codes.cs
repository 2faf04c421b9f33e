using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Services.SignIn.Links;

namespace Purser.Services.Tests.SignIn.Links;

/// <summary>Linking by a code in RFC 8628's words: the agent proves its wallet, the human types the code and sets limits.</summary>
public abstract partial class LinkContract
{
    private static readonly PrivateKey s_key = PrivateKey.FromBytes(Keccak256.Hash("agent"u8).Bytes);

    private static Address Agent => s_key.Address;

    private static byte[] Sign(string message) => s_key.Sign(Eip191.HashPersonalMessage(message)).ToArray();

    private static async Task<DeviceCodeResult.Begun> BeginAsync(LinkReplica replica, Address? wallet = null, string caller = "10.0.0.1") =>
        (await replica.Codes.BeginAsync(new(wallet ?? Agent, "my-poker-agent", LinkWorld.Sample), caller)).ShouldBeOfType<DeviceCodeResult.Begun>();

    private static async Task<DeviceCodeResult.Begun> BeginProvenAsync(LinkReplica replica)
    {
        var begun = await BeginAsync(replica);
        (await replica.Codes.ProveAsync(begun.DeviceCode, Sign(begun.Message))).ShouldBeOfType<DeviceCodeResult.Proven>();
        return begun;
    }

    private static async Task<string> PollAsync(LinkReplica replica, string code) => await replica.Codes.PollAsync(code) switch
    {
        DeviceCodeState.Linked { Link: var link } => link.Id,
        DeviceCodeState.Not not => not.Error,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Code(DeviceCodeQuestion question) => question is DeviceCodeQuestion.Refused { Reason: var reason } ? reason.Code : "asked";

    [Fact]
    public async Task A_code_that_is_proven_and_allowed_makes_a_link_with_the_limits_that_the_human_sets()
    {
        var other = await _world.ReplicaAsync();
        var begun = await BeginAsync(Here);
        begun.UserCode.ShouldMatch("^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$");
        begun.Verification.ShouldBe(new Uri("https://casino.example/account/link"));
        var message = SignInMessage.Parse(begun.Message).ShouldBeOfType<SignInReading.Read>().Message;
        (message.Domain, message.Address, message.Resources!.Single()).ShouldBe(("casino.example", Agent, "urn:purser:agent-link"));
        begun.ToString().ShouldNotContain(begun.DeviceCode);

        (await PollAsync(Here, begun.DeviceCode)).ShouldBe("authorization_pending");
        Code(await Here.Codes.AskAsync(Ann, begun.UserCode)).ShouldBe("code_unproven");
        (await other.Codes.ProveAsync(begun.DeviceCode, Sign(begun.Message))).ShouldBeOfType<DeviceCodeResult.Proven>();
        var asked = (await other.Codes.AskAsync(Ann, " " + begun.UserCode.ToLowerInvariant() + " ")).ShouldBeOfType<DeviceCodeQuestion.Asked>();
        (asked.Wallet, asked.ClientLabel, asked.Permissions).ShouldBe((Agent, "my-poker-agent", LinkWorld.Sample));

        var tighter = new LinkPermissions { MaxStakePerRound = 5, AllowedGames = ["dice"] };
        var link = LinkReplica.Done(await Here.Codes.AnswerAsync(Ann, begun.UserCode, "poker", tighter));
        (link.UserId, link.Wallet, link.ClientLabel, link.Permissions, link.IsProven).ShouldBe((Ann, Agent, "poker", tighter, true));
        (await PollAsync(other, begun.DeviceCode)).ShouldBe(link.Id);
        (await PollAsync(Here, begun.DeviceCode)).ShouldBe(link.Id);
        LinkReplica.Code(await other.Codes.AnswerAsync(Bob, begun.UserCode, null, tighter)).ShouldBe("code_unknown");
    }

    [Fact]
    public async Task A_human_who_denies_makes_no_link_and_the_agent_hears_it()
    {
        var begun = await BeginProvenAsync(Here);
        LinkReplica.Code(await Here.Codes.AnswerAsync(Ann, begun.UserCode, null, null)).ShouldBe("ended 0 with 0");
        (await PollAsync(Here, begun.DeviceCode)).ShouldBe("access_denied");
        (await Here.Links.FindByWalletAsync(Agent)).ShouldBeNull();
    }

    [Fact]
    public async Task One_code_answered_on_two_replicas_at_once_makes_one_link()
    {
        var other = await _world.ReplicaAsync();
        var begun = await BeginProvenAsync(Here);
        var results = await Task.WhenAll(Here.Codes.AnswerAsync(Ann, begun.UserCode, null, LinkWorld.Sample), other.Codes.AnswerAsync(Bob, begun.UserCode, null, LinkWorld.Sample));
        results.OfType<LinkResult.Done>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Only_the_wallets_own_signature_of_the_very_message_proves_it_and_five_wrong_ones_end_the_code()
    {
        var begun = await BeginAsync(Here);
        var other = await BeginAsync(Here);
        var stranger = await BeginAsync(Here, LinkWorld.Wallet(1));
        foreach (var (code, signature) in new (string, byte[])[]
        {
            (begun.DeviceCode, Sign(other.Message)),
            (begun.DeviceCode, Sign(begun.Message + "\n")),
            (begun.DeviceCode, []),
            (begun.DeviceCode, new byte[65]),
            (stranger.DeviceCode, Sign(stranger.Message)),
        })
        {
            (await Here.Codes.ProveAsync(code, signature)).ShouldBeOfType<DeviceCodeResult.Refused>().Reason.Code.ShouldBe("wallet_proof_wrong");
        }

        (await Here.Codes.ProveAsync(begun.DeviceCode, new byte[64])).ShouldBeOfType<DeviceCodeResult.Refused>();
        (await Here.Codes.ProveAsync(begun.DeviceCode, Sign(begun.Message))).ShouldBeOfType<DeviceCodeResult.Refused>().Reason.Code.ShouldBe("code_unknown");
        (await PollAsync(Here, begun.DeviceCode)).ShouldBe("expired_token");
        (await Here.Codes.ProveAsync(other.DeviceCode, Sign(other.Message))).ShouldBeOfType<DeviceCodeResult.Proven>();
    }

    [Fact]
    public async Task V60_guessed_codes_are_counted_by_person_and_lock_his_guessing_also_when_they_come_at_once()
    {
        var begun = await BeginProvenAsync(Here);
        var other = await _world.ReplicaAsync();
        var guesses = await Task.WhenAll(Enumerable.Range(0, 15).Select(i => (i % 2 == 0 ? Here : other).Codes.AskAsync(Bob, i % 3 == 0 ? "no code" : "BBBB-CCCC")));
        guesses.Select(Code).Count(code => code == "code_unknown").ShouldBe(10);
        guesses.Select(Code).Count(code => code == "code_locked").ShouldBe(5);

        // The lock holds against the right code too, at the question and at the answer, and for nobody else.
        Code(await Here.Codes.AskAsync(Bob, begun.UserCode)).ShouldBe("code_locked");
        LinkReplica.Code(await Here.Codes.AnswerAsync(Bob, begun.UserCode, null, LinkWorld.Sample)).ShouldBe("code_locked");
        Code(await Here.Codes.AskAsync(Ann, begun.UserCode)).ShouldBe("asked");
        _world.Clock.Advance(TimeSpan.FromMinutes(15));
        Code(await Here.Codes.AskAsync(Bob, begun.UserCode)).ShouldBe("code_unknown"); // it has expired meanwhile
    }

    [Fact]
    public async Task V60_a_code_ends_after_ten_minutes_for_human_and_agent()
    {
        var begun = await BeginProvenAsync(Here);
        _world.Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        Code(await Here.Codes.AskAsync(Ann, begun.UserCode)).ShouldBe("asked");
        _world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Code(await Here.Codes.AskAsync(Ann, begun.UserCode)).ShouldBe("code_unknown");
        (await PollAsync(Here, begun.DeviceCode)).ShouldBe("expired_token");
        (await Here.Codes.ProveAsync(begun.DeviceCode, Sign(begun.Message))).ShouldBeOfType<DeviceCodeResult.Refused>();
        (await PollAsync(Here, "pdc_" + new string('A', 43))).ShouldBe("invalid_grant");
        (await PollAsync(Here, "x")).ShouldBe("invalid_grant");
    }

    [Fact]
    public async Task V60_open_codes_are_capped_by_caller_by_wallet_and_in_all()
    {
        var small = await _world.ReplicaAsync(options => (options.CodesPerCaller, options.CodesPerWallet, options.CodesInAll) = (3, 2, 5));
        var begun = new List<DeviceCodeResult.Begun>();
        for (var i = 0; i < 3; i++)
        {
            begun.Add(await BeginAsync(small));
        }

        (await small.Codes.BeginAsync(new(Agent, null, LinkWorld.Sample), "10.0.0.1")).ShouldBeOfType<DeviceCodeResult.Refused>().Reason.Code.ShouldBe("too_many_codes");
        (await small.Codes.ProveAsync(begun[0].DeviceCode, Sign(begun[0].Message))).ShouldBeOfType<DeviceCodeResult.Proven>();
        (await small.Codes.ProveAsync(begun[1].DeviceCode, Sign(begun[1].Message))).ShouldBeOfType<DeviceCodeResult.Proven>();
        (await small.Codes.ProveAsync(begun[1].DeviceCode, Sign(begun[1].Message))).ShouldBeOfType<DeviceCodeResult.Proven>();
        (await small.Codes.ProveAsync(begun[2].DeviceCode, Sign(begun[2].Message))).ShouldBeOfType<DeviceCodeResult.Refused>().Reason.Code.ShouldBe("too_many_codes");
        await BeginAsync(small, caller: "10.0.0.2");
        await BeginAsync(small, caller: "10.0.0.3");
        (await small.Codes.BeginAsync(new(Agent, null, LinkWorld.Sample), "10.0.0.4")).ShouldBeOfType<DeviceCodeResult.Refused>().Reason.Code.ShouldBe("too_many_codes");
        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        await BeginAsync(small);
    }

    [Fact]
    public async Task An_agent_that_asks_too_often_is_told_to_slow_down_by_five_seconds_each_time()
    {
        var begun = await BeginProvenAsync(Here);
        var waits = new List<(string, double?)>();
        foreach (var pause in new[] { 0, 5, 1, 1, 15, 14 })
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(pause));
            var not = (await Here.Codes.PollAsync(begun.DeviceCode)).ShouldBeOfType<DeviceCodeState.Not>();
            waits.Add((not.Error, not.Interval?.TotalSeconds));
        }

        waits.ShouldBe([("authorization_pending", 5), ("authorization_pending", 5), ("slow_down", 10), ("slow_down", 15), ("authorization_pending", 15), ("slow_down", 20)]);
    }

    [Fact]
    public async Task V57_a_person_under_self_exclusion_allows_no_code()
    {
        var begun = await BeginProvenAsync(Here);
        await Here.Links.ExcludeAsync(Ann, _world.Clock.GetUtcNow().AddDays(1));
        LinkReplica.Code(await Here.Codes.AnswerAsync(Ann, begun.UserCode, null, LinkWorld.Sample)).ShouldBe("self_excluded");
        (await PollAsync(Here, begun.DeviceCode)).ShouldBe("authorization_pending");
    }
}
