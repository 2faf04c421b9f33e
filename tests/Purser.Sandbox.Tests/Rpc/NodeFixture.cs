using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>A node on a free port of loopback, and a client.</summary>
public sealed class NodeFixture : IAsyncDisposable
{
    private readonly HttpClient _http = new();
    private readonly SandboxNode _node;

    private NodeFixture(SandboxFixture sandbox, SandboxNode node)
    {
        Sandbox = sandbox;
        _node = node;
    }

    public SandboxFixture Sandbox { get; }

    public Uri Url => _node.Url;

    /// <summary>The names of all methods of the node.</summary>
    public IEnumerable<string> MethodNames()
    {
        using var methods = new RpcMethods(Sandbox.Chain, new());
        return [.. methods.Names];
    }

    public static async Task<NodeFixture> StartAsync(SandboxOptions? options = null, SandboxNodeOptions? node = null)
    {
        var sandbox = new SandboxFixture(options);
        return new(sandbox, await SandboxNode.StartAsync(sandbox.Chain, (node ?? new()) with { DevelopmentKeys = [SandboxFixture.Alice] }));
    }

    /// <summary>Posts bytes as they are.</summary>
    public async Task<(HttpStatusCode Status, string Body)> PostAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(Url, content);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method)
    {
        using var request = new HttpRequestMessage(method, Url);
        return await _http.SendAsync(request);
    }

    /// <summary>The whole answer to a request whose params are given as JSON.</summary>
    public async Task<JsonElement> AskAsync(string method, string parameters = "[]")
    {
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = JsonNode.Parse(parameters) };
        var (status, body) = await PostAsync(request.ToJsonString());
        status.ShouldBe(HttpStatusCode.OK);
        return JsonDocument.Parse(body).RootElement;
    }

    public async Task<JsonElement> ResultAsync(string method, string parameters = "[]")
    {
        var answer = await AskAsync(method, parameters);
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException(answer.GetRawText());
    }

    public async Task<string> TextAsync(string method, string parameters = "[]") => (await ResultAsync(method, parameters)).GetString()!;

    public async Task<(int Code, string Message, string? Data)> ErrorAsync(string method, string parameters = "[]")
    {
        var answer = await AskAsync(method, parameters);
        var error = answer.TryGetProperty("error", out var found) ? found : throw new InvalidOperationException(answer.GetRawText());
        return (error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString()!, error.TryGetProperty("data", out var data) ? data.GetString() : null);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _node.DisposeAsync();
        Sandbox.Dispose();
    }
}
