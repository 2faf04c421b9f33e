using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Tables.Messages;

namespace Purser.Protocol.Tests.Tables.Messages;

/// <summary>Envelope and messages of the gateway (specs/signin.md 1.3 to 1.5; checklist D2, D3, D11, E13).</summary>
public sealed class GatewayMessageTests
{
    private const string Id = "0b39d9c2-1c5c-4f2e-9a3e-d5c4f0a1b2c3";

    private static readonly JsonElement s_payload = JsonElement.Parse("""{"pot":30,"availableActions":[{"action":"fold"}]}"""u8);

    private static readonly GatewayMessage[] s_all =
    [
        new GatewayMessage.Hello("purser", ["dice", "texas-holdem"], true, true),
        new GatewayMessage.Authenticate("pst_secret"),
        new GatewayMessage.Authenticated(Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"), "s1", 1_711_382_400, 90, 10, "user-1", JsonElement.Parse("""{"maxStakePerRound":100}"""u8)),
        new GatewayMessage.SessionExtend(),
        new GatewayMessage.SessionExtended(1_711_468_800),
        new GatewayMessage.SessionExpiring(1_711_468_800, ExpiryReason.Inactivity),
        new GatewayMessage.SessionExpiring(1_711_468_800, ExpiryReason.Lifetime),
        new GatewayMessage.Heartbeat(false),
        new GatewayMessage.Heartbeat(true),
        new GatewayMessage.Reconnect("s1", Id),
        new GatewayMessage.Reconnect("s1", null, "pst_secret"),
        new GatewayMessage.ReconnectState("dice", "t1", s_payload, [JsonElement.Parse("""{"type":"round_result"}"""u8)], Gap: false, More: true),
        new GatewayMessage.ReconnectState("dice", "t1", s_payload, [], Gap: true),
        new GatewayMessage.BalanceQuery(),
        new GatewayMessage.BalanceResponse(GatewayProtocol.MaxCredits, 0),
        new GatewayMessage.Ack(Id),
        new GatewayMessage.ProtocolError(GatewayErrorCodes.RateLimited, "wait", Id),
        new GatewayMessage.GameActionRequest("texas-holdem", "t1", 30, s_payload),
        new GatewayMessage.SubmitAction("texas-holdem", "t1", JsonElement.Parse("""{"action":"raise","amount":50}"""u8)),
        new GatewayMessage.GameStateUpdate("texas-holdem", "t1", s_payload),
        new GatewayMessage.PlayerActionBroadcast("texas-holdem", "t1", s_payload),
        new GatewayMessage.RoundResult("texas-holdem", "t1", s_payload),
        new GatewayMessage.GameError("texas-holdem", "t1", GatewayErrorCodes.NotYourTurn, "wait", Id),
        new GatewayMessage.BettingWindowOpen("dice", "t1", 15, s_payload),
        new GatewayMessage.BettingWindowClosed("dice", "t1", s_payload),
        new GatewayMessage.SeedCommitment("dice", "t1", "r1", "ab12"),
        new GatewayMessage.SeedReveal("dice", "t1", "r1", "cd34"),
    ];

    public static TheoryData<int> Places => [.. Enumerable.Range(0, s_all.Length)];

    [Theory]
    [MemberData(nameof(Places))]
    public void A_message_that_was_written_is_read_as_the_same(int place)
    {
        var written = GatewayWriter.Write(new(new(Id, 1_711_382_400_123, ulong.MaxValue), s_all[place]));
        var read = GatewayReader.Read(written).ShouldBeOfType<GatewayReading.Read>().Frame;
        read.Envelope.ShouldBe(new(Id, 1_711_382_400_123, ulong.MaxValue));
        read.Message.Type.ShouldBe(s_all[place].Type);
        GatewayWriter.Write(read).ShouldBe(written);
    }

    [Fact]
    public void Every_type_of_the_protocol_is_among_them()
    {
        var types = typeof(GatewayMessage).GetNestedTypes().Where(type => !type.IsAbstract).Select(type => type.Name);
        s_all.Select(message => message.GetType().Name).Distinct().Order(StringComparer.Ordinal).ShouldBe(types.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void SignIn_D2_hello_has_the_members_of_the_specification()
    {
        using var hello = JsonDocument.Parse(GatewayWriter.Write(new(new(Id, 1), s_all[0])));
        hello.RootElement.EnumerateObject().Select(member => member.Name)
            .ShouldBe(["type", "messageId", "protocolVersion", "timestamp", "serverId", "supportedGames", "capabilities"]);
        hello.RootElement.GetProperty("capabilities").GetRawText().ShouldBe("""{"provablyFair":true,"multiTable":true}""");
    }

    [Fact]
    public void SignIn_E13_an_error_has_code_message_and_related_message()
    {
        Encoding.UTF8.GetString(GatewayWriter.Write(new(new(Id, 5), new GatewayMessage.ProtocolError("AUTH_EXPIRED", "sign in", "m1"))))
            .ShouldBe($$"""{"type":"error","messageId":"{{Id}}","protocolVersion":"1.0","timestamp":5,"code":"AUTH_EXPIRED","message":"sign in","relatedMessageId":"m1"}""");
    }

    [Fact]
    public void The_short_messages_of_the_specifications_examples_are_read()
    {
        var read = Read("""{"type":"submit_action","messageId":"msg-456","gameType":"european-roulette","tableId":"table-7","payload":{"action":"place_bet","betType":"red","amount":25}}""")
            .ShouldBeOfType<GatewayReading.Read>();
        read.Frame.Envelope.ShouldBe(new("msg-456"));
        read.Frame.Message.ShouldBeOfType<GatewayMessage.SubmitAction>().Payload.GetProperty("amount").GetInt32().ShouldBe(25);
    }

    [Fact]
    public void SignIn_D11_unknown_types_and_members_are_passed_over()
    {
        Read("""{"type":"chat","messageId":"m1","text":"hi"}""").ShouldBe(new GatewayReading.Unknown(new("m1"), "chat"));
        Read("""{"type":"balance_query","messageId":"m1","later":{"a":[1]}}""").ShouldBeOfType<GatewayReading.Read>();
    }

    [Theory]
    [InlineData("", JsonRefusalCodes.Syntax, "$")]
    [InlineData("[]", JsonRefusalCodes.WrongType, "$")]
    [InlineData("""{"type":"ack"}""", JsonRefusalCodes.Missing, "$.messageId")]
    [InlineData("""{"messageId":"m1"}""", JsonRefusalCodes.Missing, "$.type")]
    [InlineData("""{"type":"balance_query","messageId":""}""", JsonRefusalCodes.BadValue, "$.messageId")]
    [InlineData("""{"type":"balance_query","messageId":"a b"}""", JsonRefusalCodes.BadValue, "$.messageId")]
    [InlineData("""{"type":"balance_query","messageId":"m\u0000"}""", JsonRefusalCodes.BadValue, "$.messageId")]
    [InlineData("""{"type":"balance_query","messageId":7}""", JsonRefusalCodes.WrongType, "$.messageId")]
    [InlineData("""{"type":"balance_query","messageId":"m1","messageId":"m2"}""", JsonRefusalCodes.DuplicateMember, "$.messageId")]
    [InlineData("""{"type":"submit_action","messageId":"m1","gameType":"dice","tableId":"t","payload":{"amount":1,"amount":2}}""", JsonRefusalCodes.DuplicateMember, "$.payload.amount")]
    [InlineData("""{"type":"submit_action","messageId":"m1","gameType":"dice","payload":{}}""", JsonRefusalCodes.Missing, "$.tableId")]
    [InlineData("""{"type":"submit_action","messageId":"m1","gameType":"dice","tableId":"t","payload":[]}""", JsonRefusalCodes.WrongType, "$.payload")]
    [InlineData("""{"type":"authenticate","messageId":"m1","protocolVersion":"1.0"}""", JsonRefusalCodes.Missing, "$.token")]
    [InlineData("""{"type":"authenticate","messageId":"m1","token":"t"}""", JsonRefusalCodes.Missing, "$.protocolVersion")]
    [InlineData("""{"type":"heartbeat","messageId":"m1","direction":"sideways"}""", JsonRefusalCodes.BadValue, "$.direction")]
    [InlineData("""{"type":"balance_query","messageId":"m1"} x""", JsonRefusalCodes.Syntax, "$")]
    [InlineData("""{"type":"balance_query","messageId":"m1","sequence":-1}""", JsonRefusalCodes.BadValue, "$.sequence")]
    [InlineData("""{"type":"balance_query","messageId":"m1","sequence":1.5}""", JsonRefusalCodes.BadValue, "$.sequence")]
    [InlineData("""{"type":"balance_query","messageId":"m1","sequence":1e3}""", JsonRefusalCodes.BadValue, "$.sequence")]
    [InlineData("""{"type":"balance_query","messageId":"m1","sequence":18446744073709551616}""", JsonRefusalCodes.BadValue, "$.sequence")]
    [InlineData("""{"type":"balance_query","messageId":"m1","sequence":"1"}""", JsonRefusalCodes.BadValue, "$.sequence")]
    [InlineData("""{"type":"balance_response","messageId":"m1","balance":9007199254740992}""", JsonRefusalCodes.BadValue, "$.balance")]
    [InlineData("""{"type":"balance_response","messageId":"m1","balance":-1}""", JsonRefusalCodes.BadValue, "$.balance")]
    [InlineData("""{"type":"session_extended","messageId":"m1","expiresAt":1e400}""", JsonRefusalCodes.BadValue, "$.expiresAt")]
    public void V73_what_is_no_message_is_refused_with_the_member(string text, string code, string path)
    {
        var reason = Read(text).ShouldBeOfType<GatewayReading.Refused>().Reason;
        (reason.Code, reason.Path).ShouldBe((code, path));
    }

    [Fact]
    public void The_greatest_sequence_is_read()
    {
        Read("""{"type":"balance_query","messageId":"m1","sequence":18446744073709551615}""").ShouldBeOfType<GatewayReading.Read>().Frame.Envelope.Sequence.ShouldBe(ulong.MaxValue);
    }

    [Fact]
    public void A_refused_message_is_named_where_its_id_could_be_read()
    {
        Read("""{"messageId":"m9","type":"heartbeat"}""").ShouldBeOfType<GatewayReading.Refused>().MessageId.ShouldBe("m9");
        Read("""{"messageId":"m9","type":""").ShouldBeOfType<GatewayReading.Refused>().MessageId.ShouldBeNull();
    }

    [Fact]
    public void V70_a_message_of_more_than_64_KB_is_neither_read_nor_written()
    {
        var text = $$"""{"type":"chat","messageId":"m1","text":"{{new string('x', GatewayProtocol.MaxMessageBytes)}}"}""";
        Read(text).ShouldBeOfType<GatewayReading.Refused>().Reason.Code.ShouldBe(JsonRefusalCodes.TooLarge);
        Should.Throw<ArgumentException>(() => GatewayWriter.Write(new(new("m1"), new GatewayMessage.GameStateUpdate("dice", "t", JsonElement.Parse(Encoding.UTF8.GetBytes(text))))));
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        var payload = string.Concat(Enumerable.Repeat("""{"a":""", 20)) + "1" + new string('}', 20);
        Read($$"""{"type":"submit_action","messageId":"m1","gameType":"dice","tableId":"t","payload":{{payload}}}""")
            .ShouldBeOfType<GatewayReading.Refused>().Reason.Code.ShouldBe(JsonRefusalCodes.TooDeep);
    }

    [Fact]
    public void V46_a_token_does_not_stand_in_a_messages_text_form()
    {
        new GatewayMessage.Authenticate("pst_secret").ToString().ShouldNotContain("pst_secret");
        new GatewayMessage.Reconnect("s1", null, "pst_secret").ToString().ShouldNotContain("pst_secret");
        new GatewayFrame(new("m1"), new GatewayMessage.Authenticate("pst_secret")).ToString().ShouldNotContain("pst_secret");
    }

    [Fact]
    public void Reading_never_throws() => Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => GatewayReader.Read(bytes) is not null));

    [Fact]
    public void Reading_never_throws_for_messages_with_a_changed_byte() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(0, s_all.Length - 1).ToArbitrary(), Gen.Choose(0, 10_000).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (message, place, value) =>
        {
            var text = GatewayWriter.Write(new(new(Id, 1, 1), s_all[message]));
            text[place % text.Length] = (byte)value;
            return GatewayReader.Read(text) is not null;
        }));

    [Fact]
    public void Ids_are_UUIDs_of_version_4()
    {
        MessageIds.Of(new byte[16]).ShouldBe("00000000-0000-4000-8000-000000000000");
        MessageIds.Of(Enumerable.Repeat((byte)0xff, 16).ToArray()).ShouldBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
        Should.Throw<ArgumentException>(() => MessageIds.Of(new byte[15]));
    }

    [Theory]
    [InlineData(1001, AfterClose.Reconnect)]
    [InlineData(1003, AfterClose.Stop)]
    [InlineData(1006, AfterClose.Reconnect)]
    [InlineData(1007, AfterClose.Stop)]
    [InlineData(1009, AfterClose.Stop)]
    [InlineData(1011, AfterClose.Reconnect)]
    [InlineData(4001, AfterClose.Reconnect)]
    [InlineData(4003, AfterClose.SignIn)]
    [InlineData(4004, AfterClose.SignIn)]
    [InlineData(4005, AfterClose.Stop)]
    [InlineData(4006, AfterClose.Stop)]
    [InlineData(4007, AfterClose.SignIn)]
    [InlineData(4008, AfterClose.Reconnect)]
    [InlineData(4009, AfterClose.SignIn)]
    [InlineData(4010, AfterClose.Stop)]
    [InlineData(4011, AfterClose.Reconnect)]
    [InlineData(4012, AfterClose.Stop)]
    public void A_close_code_says_what_to_do_next(int code, AfterClose next) => GatewayCloseCode.After(code).ShouldBe(next);

    private static GatewayReading Read(string text) => GatewayReader.Read(Encoding.UTF8.GetBytes(text));
}
