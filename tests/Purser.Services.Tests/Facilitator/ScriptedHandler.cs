namespace Purser.Services.Tests.Facilitator;

/// <summary>The other end of an HTTP client, by script; keeps what came to it.</summary>
internal sealed class ScriptedHandler(Func<int, HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    public ScriptedHandler(Func<int, HttpRequestMessage, HttpResponseMessage> answer)
        : this((number, request, _) => Task.FromResult(answer(number, request)))
    {
    }

    /// <summary>What came, in order.</summary>
    public List<Seen> Requests { get; } = [];

    public HttpClient Client()
    {
#pragma warning disable RS0030 // a test is the composition root of its own internet
        return new HttpClient(this);
#pragma warning restore RS0030
    }

    public static HttpResponseMessage Json(int status, string json) => new((System.Net.HttpStatusCode)status) { Content = new StringContent(json) };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var headers = request.Headers.NonValidated.Concat(request.Content?.Headers.NonValidated ?? default).ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        Requests.Add(new(request.Method.Method, request.RequestUri!.AbsoluteUri, headers, body));
        var response = await answer(Requests.Count, request, cancellationToken);
        response.RequestMessage ??= request;
        return response;
    }

    /// <summary>A request as it came.</summary>
    internal sealed record Seen(string Method, string Url, IReadOnlyDictionary<string, string> Headers, byte[] Body);
}
