using Microsoft.AspNetCore.Http;
using Purser.Agent.Payments;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Skill;

/// <summary>What a human is shown before and after a payment, in both languages (x402-skill F, I11, I13, L7).</summary>
[Collection(SkillCollection.Name)]
public sealed class ConfirmationTests(RunningUp up)
{
    private static readonly string s_token = Sandboxes.TestUsd.ToString();

    private string[] Unlock => ["--account", "payer", "--password-file", up.PasswordFile];

    [Fact]
    public async Task F3_the_card_names_network_token_amount_and_payee_and_asks()
    {
        var pending = (await QuoteAsync("weather?city=Beja")).Json.GetProperty("pending");
        var card = Card(pending);
        card.ShouldContain("  Network:  Sandbox (eip155:31337)");
        card.ShouldContain($"  Token:    TUSD ({s_token})");
        card.ShouldContain("  Amount:   0.01 TUSD (10000)");
        card.ShouldContain($"  Pay to:   {pending.GetProperty("payTo").GetString()}");
        card[^1].ShouldBe("Proceed with payment? (yes / no)");
        pending.GetProperty("question").GetString().ShouldBe(card[^1]);

        var text = await InProcess.RunAsTextAsync("pay", "quote", $"{up.Shop}weather?city=Beja", "--data", up.Data);
        text.ExitCode.ShouldBe(3);
        text.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(card);
    }

    [Fact]
    public async Task E13_the_command_lists_the_ways_to_pay_and_takes_the_one_that_is_named()
    {
        PaymentRequirements Offer(ulong amount, string token) => new ExactEip3009Terms(new AssetId(new(31337), Address.Parse(token)), DevelopmentAccounts.Addresses[6], amount, 60, "Test USD", "1").ToRequirements();
        var header = PaymentHeader.Encode(new PaymentRequired(null, null, [Offer(1, "0x9000000000000000000000000000000000000009"), Offer(20_000, s_token), Offer(10_000, s_token)]).Write);
        await using var shop = await LocalServer.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status402PaymentRequired;
            context.Response.Headers[PaymentHeader.Required] = header;
            return Task.CompletedTask;
        });
        var url = shop.Url.AbsoluteUri;
        var pending = (await up.RunAsync("pay", "quote", url)).Json.GetProperty("pending");
        (pending.GetProperty("selectedIndex").GetInt32(), pending.GetProperty("amount").GetString()).ShouldBe((1, "20000"));
        var offers = pending.GetProperty("offers").EnumerateArray().ToList();
        offers.Select(offer => offer.GetProperty("payable").GetBoolean()).ShouldBe([false, true, true]);
        offers[0].GetProperty("reason").GetString()!.ShouldContain("unknown token");
        offers[2].GetProperty("display").GetString().ShouldBe("0.01 TUSD (10000)");
        Card(pending).ShouldContain(line => line.Contains("[2] 0.01 TUSD (10000) on Sandbox", StringComparison.Ordinal));

        var chosen = await up.RunAsync("pay", "quote", url, "--selected-index", "2");
        (chosen.ExitCode, chosen.Json.GetProperty("pending").GetProperty("amount").GetString()).ShouldBe((3, "10000"));
        var shown = await up.RunAsync("pay", "confirm", chosen.Json.GetProperty("pending").GetProperty("id").GetString()!);
        shown.Json.GetProperty("pending").GetProperty("offers").GetRawText().ShouldBe(chosen.Json.GetProperty("pending").GetProperty("offers").GetRawText());

        foreach (var (index, exit, code) in ((string, int, string)[])[("3", 2, "offer_index_invalid"), ("-1", 2, "offer_index_invalid"), ("0", 1, "offer_not_payable"), ("one", 2, "usage")])
        {
            var refused = await up.RunAsync("pay", "quote", url, $"--selected-index={index}");
            (refused.ExitCode, refused.ErrorCode).ShouldBe((exit, code), index);
        }

        var dear = await up.RunAsync(["pay", "fetch", url, "--yes", "--max-amount", "0.01 TUSD", "--selected-index", "1", .. Unlock]);
        (dear.ExitCode, dear.ErrorCode).ShouldBe((1, "offer_not_payable")); // the cap holds for the one that was named, and no other is taken
    }

    [Fact]
    public async Task L7_the_card_the_question_and_the_last_word_are_there_in_Chinese()
    {
        var pending = (await up.RunAsync("pay", "quote", $"{up.Shop}weather?city=Viseu", "--lang", "zh")).Json.GetProperty("pending");
        var card = Card(pending);
        card[0].ShouldBe("该资源需要x402支付：");
        foreach (var word in (string[])["网络", "代币", "金额", "收款地址"])
        {
            card.ShouldContain(line => line.TrimStart().StartsWith(word, StringComparison.Ordinal), word);
        }
        card[^1].ShouldBe("是否继续支付？(是/否)");
        pending.GetProperty("amount").GetString().ShouldBe("10000"); // members are the same in every language

        var paid = await up.RunAsync(["pay", "confirm", pending.GetProperty("id").GetString()!, "--yes", "--lang", "zh", .. Unlock]);
        paid.ExitCode.ShouldBe(0, paid.Output);
        paid.Data.GetProperty("message").GetString().ShouldBe("操作完成！该资源已返回结果。是否需要查看您更新后的钱包余额？");
        (WalletQuestions.Chinese.CreateWallet, WalletQuestions.Chinese.LogInOrSignLocally).ShouldBe((
            "该资源需要x402支付。您需要一个钱包来签署支付信息。是否需要创建一个钱包？(免费，约30秒即可完成。)",
            "签名失败，原因是没有活跃的钱包会话。您现在是否要登录，或者使用自身私钥进行本地签名？"));
    }

    [Fact]
    public async Task F4_F6_a_quote_that_is_not_confirmed_leaves_no_payment_and_asks_no_wallet()
    {
        using var folder = new TemporaryFolder(); // without any wallet: a look at one would be exit 5
        File.Copy(Path.Combine(up.Data, "networks.json"), folder.File("networks.json"));
        var quote = await InProcess.RunAsync("pay", "quote", $"{up.Shop}weather?city=Elvas", "--data", folder.Path);
        quote.ExitCode.ShouldBe(3, quote.Output);
        var id = quote.Json.GetProperty("pending").GetProperty("id").GetString()!;
        (await InProcess.RunAsync("pay", "confirm", id, "--data", folder.Path)).ExitCode.ShouldBe(3);
        (await InProcess.RunAsync("pay", "list", "--data", folder.Path)).Data.GetProperty("payments").GetArrayLength().ShouldBe(0);
        Directory.EnumerateFileSystemEntries(folder.File("keys")).ShouldBeEmpty();
    }

    [Fact]
    public async Task I11_I13_after_success_it_says_so_in_plain_words_and_offers_the_balance_and_the_same_resource()
    {
        var url = $"{up.Shop}weather?city=Tomar";
        var paid = await up.RunAsync(["pay", "fetch", url, "--yes", "--max-amount", "0.01 TUSD", .. Unlock]);
        paid.ExitCode.ShouldBe(0, paid.Output);
        var message = paid.Data.GetProperty("message").GetString()!;
        message.ShouldBe(CardWords.English.Done);
        message.ShouldBe("Done! The resource returned the following result. Would you like to check your updated balance?");
        paid.Json.GetProperty("next").EnumerateArray().Select(n => n.GetString()).ShouldBe(["purser wallet balance", $"purser pay quote '{url}'"]);
    }

    private static List<string> Card(System.Text.Json.JsonElement pending) => [.. pending.GetProperty("card").EnumerateArray().Select(line => line.GetString()!)];

    private async Task<PurserAnswer> QuoteAsync(string path)
    {
        var quote = await up.RunAsync("pay", "quote", up.Shop + path);
        quote.ExitCode.ShouldBe(3, quote.Output);
        return quote;
    }
}
