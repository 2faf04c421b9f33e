using System.Text.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Protocol.Tests.Payments.Extensions;

public class BazaarTests
{
    [Theory]
    [InlineData("/users/:id", true)]
    [InlineData("/weather/:country/:city", true)]
    [InlineData("/a/b.c~d-e_f", true)]
    [InlineData("/caf%C3%A9/:id", true)]
    [InlineData("/a%20b", true)]
    [InlineData("/", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("users/:id", false)]
    [InlineData("http://evil.example/x", false)]
    [InlineData("/users/../admin", false)]
    [InlineData("/users/%2e%2e/admin", false)]
    [InlineData("/users/%252e%252e/admin", false)]
    [InlineData("/users/.%2E/admin", false)]
    [InlineData("/http%3A%2F%2Fevil.example", false)]
    [InlineData("/http://evil.example", false)]
    [InlineData("/a?b=c", false)]
    [InlineData("/a b", false)]
    [InlineData("/a\n", false)]
    [InlineData("/a%", false)]
    [InlineData("/a%2", false)]
    [InlineData("/a%zz", false)]
    [InlineData("/a%ff", false)]
    [InlineData("/a%25252525252561", false)]
    public void A_route_template_is_a_path_however_it_is_encoded(string? text, bool good) => RouteTemplate.IsValid(text).ShouldBe(good);

    [Fact]
    public void A_route_template_is_bounded()
    {
        RouteTemplate.IsValid("/" + new string('a', RouteTemplate.MaxLength - 1)).ShouldBeTrue();
        RouteTemplate.IsValid("/" + new string('a', RouteTemplate.MaxLength)).ShouldBeFalse();
    }

    public static TheoryData<BazaarMetadata> Samples =>
    [
        new BazaarMetadata(new BazaarInput.Http("GET") { QueryParams = Json("""{"city":"Bergen"}"""), PathParams = Json("""{"id":"1"}""") }, new("json", null, Json("""{"rain":true}""")), "/weather/:id"),
        new BazaarMetadata(new BazaarInput.Http("POST") { BodyType = "json", Body = Json("""{"q":"x"}"""), Headers = Json("""{"Accept":"*/*"}""") }, new("text", "markdown")),
        new BazaarMetadata(new BazaarInput.Http("PUT") { BodyType = "text", Body = Json("\"plain\"") }),
        new BazaarMetadata(new BazaarInput.Mcp("weather", Json("""{"type":"object"}""")) { Transport = "sse", Description = "Tells the weather", Example = Json("""{"city":"Oslo"}""") }),
    ];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Metadata_say_the_same_after_the_wire(BazaarMetadata metadata)
    {
        var extensions = PaymentExtensions.Join([new(BazaarMetadata.Name, metadata.ToEntry())]);
        var read = BazaarMetadata.Read(extensions, out var refusal).ShouldNotBeNull();
        refusal.ShouldBeNull();
        read.ToEntry().GetRawText().ShouldBe(metadata.ToEntry().GetRawText());
        read.RouteTemplate.ShouldBe(metadata.RouteTemplate);
    }

    [Fact]
    public void The_first_drafts_name_of_a_tool_is_read() =>
        BazaarMetadata.Read(Json("""{"bazaar":{"info":{"input":{"type":"mcp","tool":"weather","inputSchema":{}}}}}"""), out _).ShouldNotBeNull()
            .Input.ShouldBeOfType<BazaarInput.Mcp>().Tool.ShouldBe("weather");

    [Theory]
    [InlineData("""{"type":"ftp"}""", "type")]
    [InlineData("""{"type":"http"}""", "method")]
    [InlineData("""{"type":"http","method":"get"}""", "method")]
    [InlineData("""{"type":"http","method":"POST"}""", "method")]
    [InlineData("""{"type":"http","method":"GET","bodyType":"json","body":{}}""", "method")]
    [InlineData("""{"type":"http","method":"GET","body":{}}""", "bodyType")]
    [InlineData("""{"type":"http","method":"POST","bodyType":"xml","body":{}}""", "bodyType")]
    [InlineData("""{"type":"http","method":"POST","bodyType":"json"}""", "body")]
    [InlineData("""{"type":"http","method":"POST","bodyType":"json","body":[]}""", "body")]
    [InlineData("""{"type":"http","method":"GET","queryParams":[]}""", "queryParams")]
    [InlineData("""{"type":"mcp","inputSchema":{}}""", "toolName")]
    [InlineData("""{"type":"mcp","toolName":"","inputSchema":{}}""", "toolName")]
    [InlineData("""{"type":"mcp","toolName":"t"}""", "inputSchema")]
    [InlineData("""{"type":"mcp","toolName":"t","inputSchema":{},"transport":"stdio"}""", "transport")]
    public void An_input_that_breaks_the_rules_is_refused_and_the_member_named(string input, string member)
    {
        BazaarMetadata.Read(Json("""{"bazaar":{"info":{"input":""" + input + "}}}"), out var refusal).ShouldBeNull();
        refusal.ShouldNotBeNull().Path.ShouldBe($"$.info.input.{member}");
    }

    [Fact]
    public void A_bad_route_template_is_left_out_and_not_written()
    {
        var read = BazaarMetadata.Read(Json("""{"bazaar":{"info":{"input":{"type":"http","method":"GET"}},"routeTemplate":"/users/%2e%2e/admin"}}"""), out var refusal).ShouldNotBeNull();
        refusal.ShouldBeNull();
        read.RouteTemplate.ShouldBeNull();
        Should.Throw<InvalidOperationException>(() => (read with { RouteTemplate = "/../x" }).ToEntry());
    }

    [Fact]
    public void Service_metadata_drop_what_breaks_its_rule_and_keep_the_rest()
    {
        var read = ServiceMetadata.Read(Resource("""{"url":"http://x","serviceName":"Weather","tags":["rain","RAIN","",7,"wind","a","b","c","d"],"iconUrl":"https://example.com/i.png"}"""));
        read.ServiceName.ShouldBe("Weather");
        read.Tags.ShouldBe(["rain", "wind", "a", "b", "c"]);
        read.IconUrl.ShouldBe("https://example.com/i.png");
        ServiceMetadata.Read(Resource($$"""{"url":"http://x","serviceName":"{{new string('x', 33)}}","tags":"rain","iconUrl":7}""")).ShouldSatisfyAllConditions(
            bad => bad.ServiceName.ShouldBeNull(), bad => bad.Tags.ShouldBeEmpty(), bad => bad.IconUrl.ShouldBeNull());
        ServiceMetadata.Read(null).ServiceName.ShouldBeNull();
    }

    [Theory]
    [InlineData("http://localhost/i.png")]
    [InlineData("http://LOCALHOST./i.png")]
    [InlineData("http://localhost.localdomain/i.png")]
    [InlineData("http://ip6-loopback/i.png")]
    [InlineData("http://127.0.0.1/i.png")]
    [InlineData("http://2130706433/i.png")]
    [InlineData("http://0x7f000001/i.png")]
    [InlineData("http://127.1/i.png")]
    [InlineData("http://[::1]/i.png")]
    [InlineData("http://user@example.com/i.png")]
    [InlineData("http://%6c%6f%63%61%6c%68%6f%73%74/i.png")]
    [InlineData("http://ｌｏｃａｌｈｏｓｔ/i.png")]
    [InlineData("file:///etc/passwd")]
    [InlineData("data:image/png;base64,AA==")]
    [InlineData("//example.com/i.png")]
    [InlineData("https://example.com/\ni.png")]
    public void An_icon_that_leads_inside_is_dropped(string url) => ServiceMetadata.IsIconUrl(url).ShouldBeFalse();

    private static JsonElement Json(string text) => JsonElement.Parse(text);

    private static ResourceInfo Resource(string text) => new("http://x") { Verbatim = Json(text) };
}
