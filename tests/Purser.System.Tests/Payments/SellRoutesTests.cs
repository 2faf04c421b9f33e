using System.Net;
using Purser.Cli.Output;
using Purser.Protocol.Payments;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Payments;

/// <summary><c>purser sell --routes</c>: a table of prices, by the process that people start.</summary>
public sealed class SellRoutesTests(PaymentWorld world)
{
    private const string Payee = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

    private string WriteTable(string text)
    {
        var path = Path.Combine(world.NewDataFolder($"routes-{Guid.CreateVersion7():n}"), "routes.json");
        File.WriteAllText(path, text);
        return path;
    }

    private string[] Arguments(Uri upstream, params string[] prices) =>
    [
        "sell", "--upstream", upstream.AbsoluteUri, .. prices, "--pay-to", Payee, "--facilitator", world.FacilitatorUrl.AbsoluteUri, "--cors", "https://app.example",
        "--port", "0", "--network", PaymentWorld.Network, "--rpc", world.RpcUrl.AbsoluteUri, "--data", world.NewDataFolder($"sell-{Guid.CreateVersion7():n}"),
    ];

    [Fact]
    public async Task Each_path_has_its_price_and_the_rest_is_refused()
    {
        await using var upstream = await CountingUpstream.StartAsync();
        var table = WriteTable(
            """
            {
              // prices
              "routes": [
                { "path": "/health", "methods": ["GET"], "free": true },
                { "path": "/cities/{city}", "price": "0.002 TUSD" },
                { "path": "/jobs", "methods": ["POST"], "price": "0.003 TUSD", "flow": "upfront" }
              ]
            }
            """);
        await using var seller = await PurserProcess.StartAsync(Arguments(upstream.Url, "--routes", table));
        seller.Ready.GetProperty("routes").GetInt32().ShouldBe(3);
        var url = PaymentWorld.UrlOf(seller);
        (await StatusAsync(HttpMethod.Get, new Uri(url, "/health"))).ShouldBe((HttpStatusCode.OK, null));
        (await StatusAsync(HttpMethod.Get, new Uri(url, "/cities/lisbon"))).ShouldBe((HttpStatusCode.PaymentRequired, "2000"));
        (await StatusAsync(HttpMethod.Post, new Uri(url, "/jobs"))).ShouldBe((HttpStatusCode.PaymentRequired, "3000"));
        (await StatusAsync(HttpMethod.Get, new Uri(url, "/jobs"))).ShouldBe((HttpStatusCode.MethodNotAllowed, null));
        (await StatusAsync(HttpMethod.Get, new Uri(url, "/elsewhere"))).ShouldBe((HttpStatusCode.NotFound, null));
        upstream.Total.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"routes":[{"path":"/a","prize":"1 TUSD"}]}""", "prize")]
    [InlineData("""{"routes":[{"path":"/a"}]}""", "price")]
    [InlineData("""{"routes":[{"path":"/a","price":"1 NOPE"}]}""", "NOPE")]
    [InlineData("""{"routes":[{"path":"a","free":true}]}""", "slash")]
    public async Task A_table_with_a_mistake_is_refused_at_the_start_and_the_mistake_is_named(string text, string named)
    {
        var answer = await InProcess.RunAsTextAsync(Arguments(new("http://127.0.0.1:9/"), "--routes", WriteTable(text)));
        answer.ExitCode.ShouldBe((int)ExitCode.Usage);
        answer.Error.ShouldContain(named);
    }

    [Fact]
    public async Task One_price_or_a_table_and_not_both_nor_neither()
    {
        var table = WriteTable("""{"routes":[]}""");
        foreach (var prices in (string[][])[[], ["--price", "0.001 TUSD", "--routes", table], ["--routes", table + ".missing"]])
        {
            (await InProcess.RunAsTextAsync(Arguments(new("http://127.0.0.1:9/"), prices))).ExitCode.ShouldBe((int)ExitCode.Usage);
        }
    }

    [Theory]
    [InlineData("by_invalid", "--price", "0.001 TUSD", "--by", "cash")]
    [InlineData("flow_invalid", "--price", "0.001 TUSD", "--flow", "escrow")]
    [InlineData("price_invalid", "--price", "0.001 TUSD", "--by", "upto", "--flow", "upfront")]
    [InlineData("challenge_body_invalid", "--price", "0.001 TUSD", "--challenge-body", "base64url")]
    [InlineData("flag_with_routes", "--routes", "TABLE", "--by", "permit2")]
    public async Task A_way_to_pay_that_cannot_be_used_is_refused_with_its_code_and_a_hint(string code, params string[] flags)
    {
        var table = WriteTable("""{"routes":[]}""");
        var answer = await InProcess.RunAsync(Arguments(new("http://127.0.0.1:9/"), [.. flags.Select(flag => flag == "TABLE" ? table : flag)]));
        (answer.ExitCode, answer.ErrorCode).ShouldBe(((int)ExitCode.Usage, code));
        answer.Json.GetProperty("error").GetProperty("hint").GetString().ShouldNotBeNullOrEmpty();
    }

    private static async Task<(HttpStatusCode Status, string? Amount)> StatusAsync(HttpMethod method, Uri url)
    {
        using var request = new HttpRequestMessage(method, url);
        using var response = await PaymentWorld.Http.SendAsync(request);
        if (!response.Headers.TryGetValues(PaymentHeader.Required, out var required))
        {
            return (response.StatusCode, null);
        }

        return (response.StatusCode, PaymentRequired.Read(PaymentHeader.Decode(required.Single())).Accepts.Single().Amount);
    }
}
