using System.Text;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Tables;

namespace Purser.Protocol.Tests.Tables;

/// <summary>What a player's <c>submit_action</c> may hold (V65).</summary>
public sealed class TableMoveTests
{
    private static TableMoveReading Read(string json) => TableMove.Read(JsonShape.Parse(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"action":"fold"}""")]
    [InlineData("""{"action":"raise","amount":9007199254740991}""")]
    [InlineData("""{"action":"bet","amount":1,"target":5000,"clientSeed":"a_B-9"}""")]
    public void A_move_reads_and_writes_back(string json)
    {
        var move = Read(json).ShouldBeOfType<TableMoveReading.Read>().Move;
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            move.Write(writer);
        }

        Encoding.UTF8.GetString(buffer.ToArray()).ShouldBe(json);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("1.5")]
    [InlineData("1e2")]
    [InlineData("1e400")]
    [InlineData("1.0")]
    [InlineData("-0")]
    [InlineData("9007199254740992")]
    [InlineData("99999999999999999999999999")]
    [InlineData("\"10\"")]
    [InlineData("\"NaN\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("{}")]
    public void V65_an_amount_that_is_not_a_whole_number_of_credits_is_refused(string amount) =>
        Read($$"""{"action":"raise","amount":{{amount}}}""").ShouldBeOfType<TableMoveReading.Refused>().Why.Code.ShouldBe(TableCodes.InvalidAmount);

    [Theory]
    [InlineData("""{"action":"raise","amount":NaN}""")]
    [InlineData("""{"action":"raise","amount":Infinity}""")]
    [InlineData("""{"action":"raise","amount":1,"amount":2}""")]
    [InlineData("""{"action":"raise","amount":1""")]
    [InlineData("""{"amount":1}""")]
    [InlineData("""{"action":7}""")]
    [InlineData("""{"action":"0123456789012345678901234567890123"}""")]
    [InlineData("""{"action":"bet","target":1.5}""")]
    [InlineData("""{"action":"bet","target":99999999999}""")]
    [InlineData("""{"action":"bet","clientSeed":"a:b"}""")]
    [InlineData("""{"action":"bet","clientSeed":""}""")]
    [InlineData("[]")]
    [InlineData("")]
    public void V65_what_is_not_a_move_is_refused_and_says_where(string json)
    {
        var why = Read(json).ShouldBeOfType<TableMoveReading.Refused>().Why;
        why.Code.ShouldBe(TableCodes.InvalidAction);
        why.Message.ShouldContain("$");
    }

    [Fact]
    public void Members_that_are_not_known_are_passed_over() =>
        Read("""{"action":"fold","mood":"good"}""").ShouldBeOfType<TableMoveReading.Read>().Move.ShouldBe(new TableMove("fold"));
}
