using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Purser.Ethereum;

namespace Purser.Wallet.Keys.Kms;

/// <summary>
/// A key of spec ECC_SECG_P256K1 and usage SIGN_VERIFY in AWS KMS, by its JSON protocol: <c>TrentService.GetPublicKey</c> and
/// <c>TrentService.Sign</c> with ECDSA_SHA_256 over a DIGEST, each request signed by Signature Version 4.
/// </summary>
public sealed class AwsKeyManagement : IKeyManagement
{
    private const string ContentType = "application/x-amz-json-1.1";

    private readonly KmsHttp _http;
    private readonly AwsCredentials _credentials;
    private readonly TimeProvider _time;
    private readonly string _keyId;
    private readonly string _region;
    private readonly Uri _endpoint;

    /// <summary>Makes the client of one key.</summary>
    /// <param name="http">Sends the requests; it must not follow redirects. Not disposed.</param>
    /// <param name="credentials">Taken over and disposed with this.</param>
    /// <param name="region">The region, such as <c>eu-central-1</c>: letters, digits and '-'.</param>
    /// <param name="keyId">The key's id, ARN or alias.</param>
    /// <param name="time">The clock, for the date that is signed and the timeout.</param>
    /// <param name="endpoint">Another place than the region's own (https, or http on loopback); null for that.</param>
    /// <exception cref="ArgumentException">The region or the endpoint has another form.</exception>
    public AwsKeyManagement(HttpClient http, AwsCredentials credentials, string region, string keyId, TimeProvider time, Uri? endpoint = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(credentials);
        ArgumentException.ThrowIfNullOrEmpty(region);
        ArgumentException.ThrowIfNullOrEmpty(keyId);
        ArgumentNullException.ThrowIfNull(time);
        if (!region.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new ArgumentException("A region is of letters, digits and '-'.", nameof(region));
        }

        _endpoint = endpoint ?? new Uri($"https://kms.{region}.amazonaws.com/");
        if (SignerUrls.Check(_endpoint, allowPlainHttp: false) is { } refusal)
        {
            throw new ArgumentException(refusal.Message, nameof(endpoint));
        }

        (_credentials, _region, _keyId, _time) = (credentials, region, keyId, time);
        Name = $"AWS KMS in {region}";
        _http = new(http, time, Name, TimeSpan.FromSeconds(30));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> GetPublicKeyAsync(CancellationToken cancellationToken = default)
    {
        using var request = Make("GetPublicKey", new() { ["KeyId"] = _keyId });
        var answer = await _http.AskAsync(request, cancellationToken);
        return answer.OptionalString("KeySpec") is "ECC_SECG_P256K1" && answer.OptionalString("KeyUsage") is "SIGN_VERIFY"
            ? _http.Base64(answer, "PublicKey")
            : throw _http.Malformed("the key is none of ECC_SECG_P256K1 for SIGN_VERIFY");
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> SignDigestAsync(Hash32 digest, CancellationToken cancellationToken = default)
    {
        using var request = Make("Sign", new()
        {
            ["KeyId"] = _keyId,
            ["Message"] = Convert.ToBase64String(digest.ToArray()),
            ["MessageType"] = "DIGEST",
            ["SigningAlgorithm"] = "ECDSA_SHA_256",
        });
        var answer = await _http.AskAsync(request, cancellationToken);
        return answer.OptionalString("SigningAlgorithm") is "ECDSA_SHA_256" ? _http.Base64(answer, "Signature") : throw _http.Malformed("it signed by another algorithm");
    }

    /// <summary>Zeroes the credentials.</summary>
    public void Dispose() => _credentials.Dispose();

    private HttpRequestMessage Make(string operation, JsonObject body)
    {
        var now = _time.GetUtcNow();
        var moment = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var day = now.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["content-type"] = ContentType,
            ["host"] = _endpoint.Authority,
            ["x-amz-date"] = moment,
            ["x-amz-target"] = $"TrentService.{operation}",
        };
        if (_credentials.SessionToken is { } token)
        {
            headers["x-amz-security-token"] = token;
        }

        var request = new HttpRequestMessage(HttpMethod.Post, _endpoint) { Content = KmsHttp.Json(body, ContentType) };
        foreach (var (name, value) in headers.Where(header => header.Key.StartsWith("x-", StringComparison.Ordinal)))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var names = string.Join(';', headers.Keys);
        var canonical = $"POST\n{_endpoint.AbsolutePath}\n\n{string.Concat(headers.Select(header => $"{header.Key}:{header.Value}\n"))}\n{names}\n{Digest(body.ToJsonString())}";
        var scope = $"{day}/{_region}/kms/aws4_request";
        var signature = _credentials.Sign(day, _region, "kms", $"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{Digest(canonical)}");
        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={_credentials.AccessKeyId}/{scope}, SignedHeaders={names}, Signature={signature}");
        return request;
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
