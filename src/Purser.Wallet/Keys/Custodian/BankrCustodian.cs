using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Wallet.Keys.Custodian;

/// <summary>
/// An account at Bankr (specs/mining.md, 12): the custodian holds the key, signs texts (<c>personal_sign</c>) and signs and sends
/// transactions by itself. Exactly these routes are called: <c>GET /wallet/me</c> (<c>/agent/me</c> where that is missing),
/// <c>POST /wallet/sign</c>, <c>POST /wallet/submit</c>, and for questions in words <c>POST /agent/prompt</c> and
/// <c>GET /agent/job/{id}</c>; the retired ones never. The API key goes in the header <c>X-API-Key</c>. What comes back is checked:
/// a signature against the account, an answer against its form. Safe for use by several callers at once.
/// </summary>
public sealed partial class BankrCustodian : ISigner, ISubmitter
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly SignerHttp _http;
    private readonly CustodianApiKey _key;
    private readonly TimeProvider _time;
    private readonly BankrOptions _options;

    private BankrCustodian(HttpClient http, CustodianApiKey key, TimeProvider time, BankrOptions options)
    {
        _http = new(http, time, $"the custodian at {SignerUrls.Show(options.Url)}", options.MaxResponseBytes);
        _key = key;
        _time = time;
        _options = options;
    }

    /// <inheritdoc/>
    public Address Address { get; private init; }

    /// <summary>
    /// Asks which account the API key is for and makes the custodian of it. Refused: a URL in the open, a key that the custodian does
    /// not take (<c>signer_unauthorized</c>), another account than was expected (<c>signer_wrong_key</c>), no answer.
    /// </summary>
    /// <param name="http">Sends the requests; it must not follow redirects, and is not disposed.</param>
    /// <param name="key">The API key; taken over, and disposed also when this is refused.</param>
    /// <param name="time">Drives timeouts and waits.</param>
    /// <param name="expected">The account that it has to be; null takes the one that the custodian names first.</param>
    /// <param name="options">The bounds; the defaults when null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<KeyResult<BankrCustodian>> OpenAsync(HttpClient http, CustodianApiKey key, TimeProvider time, Address? expected = null, BankrOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(time);
        options ??= new();
        var taken = false;
        try
        {
            if (SignerUrls.Check(options.Url, allowPlainHttp: false) is { } unsafeUrl)
            {
                return new KeyResult<BankrCustodian>.Refused(unsafeUrl);
            }

            var unnamed = new BankrCustodian(http, key, time, options);
            var (address, refusal) = await unnamed.AskAddressAsync(cancellationToken);
            refusal ??= expected is { } account && account != address ? SignerRefusals.WrongKey(unnamed._http.Name, account) : null;
            if (refusal is not null)
            {
                return new KeyResult<BankrCustodian>.Refused(refusal);
            }

            taken = true;
            return new KeyResult<BankrCustodian>.Found(new(http, key, time, options) { Address = address });
        }
        finally
        {
            if (!taken)
            {
                key.Dispose();
            }
        }
    }

    /// <summary>Zeroes the API key.</summary>
    public void Dispose() => _key.Dispose();

    /// <summary>The address, never the key.</summary>
    public override string ToString() => Address.ToString();

    async ValueTask<Signature> ISigner.SignAsync(SigningPayload payload, CancellationToken cancellationToken)
    {
        if (payload is not SigningPayload.PersonalMessage { Message: var message })
        {
            throw new SignerException(SignerRefusals.Unsupported(_http.Name, payload is SigningPayload.TypedDataMessage ? "typed data" : "transactions for others to send"));
        }

        if (!Utf8.IsValid(message.Span))
        {
            throw new SignerException(SignerRefusals.Unsupported(_http.Name, "bytes that are no text"));
        }

        var body = new JsonObject { ["signatureType"] = "personal_sign", ["message"] = System.Text.Encoding.UTF8.GetString(message.Span) };
        switch (await SendAsync(HttpMethod.Post, BankrRoutes.Sign, body, _options.Timeout, cancellationToken))
        {
            case SignerReply.Answer { Status: HttpStatusCode.OK, Body: var answer }:
                var shape = JsonShape.Parse(answer);
                var signature = shape.String("signature");
                return shape.Refusal is { } malformed
                    ? throw new SignerException(SignerRefusals.Malformed(_http.Name, malformed.Message))
                    : SignatureFit.Fit(signature, payload.Digest, Address, _http.Name);
            case SignerReply.Answer answer:
                throw new SignerException(ToRefusal(answer), IsTransient(answer.Status));
            case SignerReply.Lost lost:
                throw new SignerException(lost.Reason, lost.IsTransient);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static bool IsTransient(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError;

    private async Task<(Address Address, WalletRefusal? Refusal)> AskAddressAsync(CancellationToken cancellationToken)
    {
        var reply = await SendAsync(HttpMethod.Get, BankrRoutes.WalletMe, null, _options.Timeout, cancellationToken);
        if (reply is SignerReply.Answer { Status: HttpStatusCode.NotFound })
        {
            reply = await SendAsync(HttpMethod.Get, BankrRoutes.AgentMe, null, _options.Timeout, cancellationToken);
        }

        if (reply is not SignerReply.Answer { Status: HttpStatusCode.OK } answer)
        {
            return (default, reply is SignerReply.Answer other ? ToRefusal(other) : ((SignerReply.Lost)reply).Reason);
        }

        // Other chains' wallets stand in the same list; the first EVM one is the account (seed 000).
        var shape = JsonShape.Parse(answer.Body);
        foreach (var wallet in shape.Objects("wallets"))
        {
            if (wallet.OptionalString("chain") is not "solana" && Address.TryParse(wallet.OptionalString("address").AsSpan(), out var address) && !address.IsZero)
            {
                return (address, null);
            }
        }

        return (default, SignerRefusals.Malformed(_http.Name, shape.Refusal?.Message ?? "it names no EVM wallet"));
    }

    private async Task<SignerReply> SendAsync(HttpMethod method, string route, JsonObject? body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_options.Url, route));
        request.Headers.Add("X-API-Key", _key.Reveal());
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString());
            request.Content.Headers.ContentType = s_json;
        }

        return await _http.SendAsync(request, timeout, cancellationToken);
    }

    private WalletRefusal ToRefusal(SignerReply.Answer answer) => answer.Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => SignerRefusals.Unauthorized(_http.Name),
        HttpStatusCode.TooManyRequests => SignerRefusals.RateLimited(_http.Name, answer.RetryAfter),
        >= HttpStatusCode.InternalServerError => SignerRefusals.Unreachable(_http.Name, $"HTTP status {(int)answer.Status}"),
        >= HttpStatusCode.BadRequest => SignerRefusals.Refused(_http.Name, Said(answer)),
        _ => SignerRefusals.Malformed(_http.Name, $"HTTP status {(int)answer.Status}"),
    };

    // Its own words, as data: the API key cut out, for some servers repeat what they were sent.
    private string Said(SignerReply.Answer answer)
    {
        var shape = JsonShape.Parse(answer.Body);
        var said = shape.OptionalString("message", 4096) ?? shape.OptionalString("error", 4096);
        return string.IsNullOrEmpty(said) ? $"HTTP status {(int)answer.Status}" : _key.CutOut(said);
    }
}
