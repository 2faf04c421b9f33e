using Purser.Wallet.Journal;

namespace Purser.Wallet.Tests;

/// <summary>The journal written out: strict forms, and no stranger's word that a spreadsheet would run.</summary>
public sealed class JournalExportTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\r\nlines", "\"two\r\nlines\"")]
    [InlineData("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(1)", "'@SUM(1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData(" =1", "\" =1\"")]
    public void A_formula_in_a_cell_is_made_text_and_a_cell_is_quoted_where_RFC_4180_asks(string text, string cell) => JournalExport.Cell(text).ShouldBe(cell);

    [Fact]
    public async Task Every_entry_stands_in_every_form_with_its_terms()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, 100), TimeProvider.System);
        var wallet = await mandate.OpenWalletAsync();
        (await wallet.AuthorizeAsync(mandate.Intent("one", 5))).ShouldBeOfType<AuthorizationResult.Authorized>();
        await wallet.BeginPresentAsync(mandate.Intent("one").Id);
        await wallet.RecordOutcomeAsync(mandate.Intent("one").Id, new PresentOutcome.Rejected("=cmd|' /C calc'!A0"));

        // The operator's chain too: the policy that was accepted.
        var count = (int)(await wallet.Journal.GetHeadsAsync()).Sum(head => head.Sequence);
        var csv = await WriteAsync(wallet, JournalFormat.Csv);
        csv.ShouldContain($",x402.authorization,{TestMandate.Token},5,");
        csv.ShouldContain(",'=cmd|' /C calc'!A0,");
        csv.Split("\r\n").Count(line => line.StartsWith("0x", StringComparison.Ordinal)).ShouldBe(count);

        using var json = System.Text.Json.JsonDocument.Parse(await WriteAsync(wallet, JournalFormat.Json));
        json.RootElement.GetProperty("entries").GetArrayLength().ShouldBe(count);
        var lines = (await WriteAsync(wallet, JournalFormat.JsonLines)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(count + (await wallet.Journal.GetHeadsAsync()).Count);
        lines.ShouldAllBe(line => System.Text.Json.JsonDocument.Parse(line, default).RootElement.ValueKind == System.Text.Json.JsonValueKind.Object);
    }

    [Fact]
    public void A_head_is_one_line_and_reads_back()
    {
        var head = new JournalHead(new([.. Enumerable.Repeat((byte)7, 20)]), 12, new([.. Enumerable.Repeat((byte)9, 32)]));
        JournalHead.TryParseLine($"  {head.ToLine()}\n", out var read).ShouldBeTrue();
        read.ShouldBe(head);
        foreach (var bad in (string?[])[null, "", "x", head.ToLine() + " x", head.ToLine().Replace(" 12 ", " 012 ", StringComparison.Ordinal), head.ToLine().Replace(" 12 ", " -12 ", StringComparison.Ordinal), head.ToLine()[..^1]])
        {
            JournalHead.TryParseLine(bad, out _).ShouldBeFalse(bad);
        }
    }

    private static async Task<string> WriteAsync(LocalWallet wallet, JournalFormat format)
    {
        await using var text = new StringWriter();
        await JournalExport.WriteAsync(wallet.Journal, text, format);
        return text.ToString();
    }
}
