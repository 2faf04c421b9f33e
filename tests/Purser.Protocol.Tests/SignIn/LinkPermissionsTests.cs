using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.SignIn;

namespace Purser.Protocol.Tests.SignIn;

/// <summary>What a human lets an agent do: how it is read (F3, F4, F7, F13), and which change loosens it (F12).</summary>
public sealed class LinkPermissionsTests
{
    private static LinkPermissions Read(string json, out JsonRefusal? refusal)
    {
        var shape = JsonShape.Parse(Encoding.UTF8.GetBytes(json));
        var permissions = LinkPermissions.Read(shape);
        refusal = shape.Refusal;
        return permissions;
    }

    [Fact]
    public void SignIn_F3_the_sample_of_the_seed_is_read_and_written_again()
    {
        var permissions = Read("""{"maxStakePerRound":100,"allowedGames":["texas-holdem"],"dailyLossLimit":500}""", out var refusal);
        refusal.ShouldBeNull();
        permissions.ShouldBe(new() { MaxStakePerRound = 100, AllowedGames = ["texas-holdem"], DailyLossLimit = 500 });
        Encoding.UTF8.GetString(PaymentHeader.Json(permissions.Write)).ShouldBe("""{"maxStakePerRound":100,"allowedGames":["texas-holdem"],"dailyLossLimit":500}""");
    }

    [Fact]
    public void SignIn_F4_F7_every_member_is_optional_and_members_that_are_not_known_are_ignored()
    {
        Read("{}", out var none).ShouldBe(LinkPermissions.Unlimited);
        none.ShouldBeNull();
        Read("""{"allowedTimeWindows":["09:00-17:00"],"requireApprovalAbove":{"any":1},"maxConcurrentTables":2}""", out var unknown).ShouldBe(new() { MaxConcurrentTables = 2 });
        unknown.ShouldBeNull();
        Read("""{"allowedGames":[]}""", out _).AllowedGames.ShouldBe([]);
        Read("""{"allowedGames":null,"dailyLossLimit":null}""", out _).ShouldBe(LinkPermissions.Unlimited);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-0")]
    [InlineData("0.5")]
    [InlineData("1.0")]
    [InlineData("1e2")]
    [InlineData("1E400")]
    [InlineData("9007199254740992")]
    [InlineData("18446744073709551616")]
    [InlineData("\"100\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    public void V65_SignIn_F13_an_amount_is_a_whole_number_of_credits_up_to_what_json_readers_keep(string number)
    {
        foreach (var member in new[] { "maxStakePerRound", "dailyLossLimit", "maxConcurrentTables" })
        {
            Read($$"""{"{{member}}":{{number}}}""", out var refusal).ShouldBe(LinkPermissions.Unlimited);
            refusal.ShouldNotBeNull().Path.ShouldBe("$." + member);
        }
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("0x10")]
    public void SignIn_F13_what_is_no_json_number_is_no_json(string number)
    {
        Read($$"""{"maxStakePerRound":{{number}}}""", out var refusal);
        refusal.ShouldNotBeNull().Code.ShouldBe(JsonRefusalCodes.Syntax);
    }

    [Fact]
    public void SignIn_F13_the_bounds_are_within()
    {
        Read("""{"maxStakePerRound":0,"dailyLossLimit":9007199254740991,"maxConcurrentTables":1000}""", out var refusal)
            .ShouldBe(new() { MaxStakePerRound = 0, DailyLossLimit = 9007199254740991, MaxConcurrentTables = 1000 });
        refusal.ShouldBeNull();
    }

    [Theory]
    [InlineData("""["Texas-Holdem"]""")]
    [InlineData("""["texas holdem"]""")]
    [InlineData("""[""]""")]
    [InlineData("""["-dice"]""")]
    [InlineData("""["dice-"]""")]
    [InlineData("""["texas--holdem"]""")]
    [InlineData("""["dice","dice"]""")]
    [InlineData("""["dice",7]""")]
    [InlineData("\"dice\"")]
    [InlineData("{}")]
    public void V66_a_game_has_one_spelling(string games)
    {
        Read($$"""{"allowedGames":{{games}}}""", out var refusal);
        refusal.ShouldNotBeNull().Path.ShouldStartWith("$.allowedGames");
    }

    [Fact]
    public void Games_are_a_set_their_order_does_not_count_and_a_member_twice_is_refused()
    {
        Read("""{"allowedGames":["texas-holdem","dice"]}""", out _).ShouldBe(new() { AllowedGames = ["dice", "texas-holdem"] });
        Read("""{"dailyLossLimit":5,"dailyLossLimit":50}""", out var refusal);
        refusal!.Code.ShouldBe(JsonRefusalCodes.DuplicateMember);
        var many = string.Join(',', Enumerable.Range(0, 65).Select(i => $"\"g{i}\""));
        Read($$"""{"allowedGames":[{{many}}]}""", out refusal);
        refusal.ShouldNotBeNull();
    }

    [Fact]
    public void The_rules_know_every_member()
    {
        typeof(LinkPermissions).GetProperties().Where(property => property.CanWrite).Select(property => property.Name).ShouldBe(LinkPermissionRules.Members, ignoreOrder: true);
    }

    public static TheoryData<string, string, string[]> Changes => new()
    {
        { """{"maxStakePerRound":100}""", """{"maxStakePerRound":101}""", ["MaxStakePerRound"] },
        { """{"maxStakePerRound":100}""", """{"maxStakePerRound":100}""", [] },
        { """{"maxStakePerRound":100}""", """{"maxStakePerRound":99}""", [] },
        { """{"maxStakePerRound":100}""", "{}", ["MaxStakePerRound"] },
        { "{}", """{"maxStakePerRound":100}""", [] },
        { """{"dailyLossLimit":0}""", """{"dailyLossLimit":1}""", ["DailyLossLimit"] },
        { """{"maxConcurrentTables":1}""", """{"maxConcurrentTables":2}""", ["MaxConcurrentTables"] },
        { """{"allowedGames":["dice"]}""", """{"allowedGames":["dice","texas-holdem"]}""", ["AllowedGames"] },
        { """{"allowedGames":["dice"]}""", """{"allowedGames":["texas-holdem"]}""", ["AllowedGames"] },
        { """{"allowedGames":["dice","texas-holdem"]}""", """{"allowedGames":["dice"]}""", [] },
        { """{"allowedGames":["dice"]}""", """{"allowedGames":[]}""", [] },
        { """{"allowedGames":[]}""", "{}", ["AllowedGames"] },
        { "{}", """{"allowedGames":[]}""", [] },
        { """{"maxStakePerRound":5,"dailyLossLimit":5}""", """{"maxStakePerRound":1,"dailyLossLimit":6}""", ["DailyLossLimit"] },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void SignIn_F12_what_loosens_is_named(string before, string after, string[] loosened)
    {
        ArgumentNullException.ThrowIfNull(loosened);
        var (one, other) = (Read(before, out _), Read(after, out _));
        LinkPermissionRules.LoosenedMembers(one, other).ShouldBe(loosened);
        LinkPermissionRules.Loosens(one, other).ShouldBe(loosened.Length > 0);
    }

    [Fact]
    public void SignIn_F12_what_both_allow_loosens_neither_and_is_the_loosest_that_does_so()
    {
        Check.QuickThrowOnFailure(Prop.ForAll(Permissions, Permissions, (one, other) =>
        {
            var both = LinkPermissionRules.Both(one, other);
            return !LinkPermissionRules.Loosens(one, both) && !LinkPermissionRules.Loosens(other, both)
                && both.Equals(LinkPermissionRules.Both(other, one))
                && LinkPermissionRules.Loosens(one, other) == !LinkPermissionRules.Both(one, other).Equals(other);
        }));
    }

    private static Arbitrary<LinkPermissions> Permissions => (
        from stake in Limit
        from loss in Limit
        from tables in Limit
        from games in Gen.OneOf(Gen.Constant<string[]?>(null), Gen.SubListOf("a", "b", "c").Select(list => (string[]?)[.. list]))
        select new LinkPermissions { MaxStakePerRound = stake, DailyLossLimit = loss, MaxConcurrentTables = (int?)tables, AllowedGames = games }).ToArbitrary();

    private static Gen<long?> Limit => Gen.OneOf(Gen.Constant<long?>(null), Gen.Choose(0, 3).Select(number => (long?)number));
}
