using System.Globalization;
using System.Net.Http.Headers;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Purser.Ethereum;

namespace Purser.Wallet.Keys.Kms;

/// <summary>
/// A key version of algorithm EC_SIGN_SECP256K1_SHA256 in Google Cloud KMS, by its REST protocol: <c>publicKey</c> (PEM) and
/// <c>asymmetricSign</c> over a digest. Its CRC32C sums are sent and checked, so that what a proxy cut or changed is seen here.
/// </summary>
public sealed partial class GoogleKeyManagement : IKeyManagement
{
    private readonly KmsHttp _http;
    private readonly Func<CancellationToken, ValueTask<string>> _token;
    private readonly string _version;
    private readonly Uri _endpoint;

    /// <summary>Makes the client of one key version.</summary>
    /// <param name="http">Sends the requests; it must not follow redirects. Not disposed.</param>
    /// <param name="keyVersion">Its resource name: <c>projects/…/locations/…/keyRings/…/cryptoKeys/…/cryptoKeyVersions/1</c>.</param>
    /// <param name="token">Gives a valid OAuth 2 access token for each request; this keeps none.</param>
    /// <param name="time">Drives the timeout.</param>
    /// <param name="endpoint">Another place than Google's (https, or http on loopback); null for that.</param>
    /// <exception cref="ArgumentException">The name or the endpoint has another form.</exception>
    public GoogleKeyManagement(HttpClient http, string keyVersion, Func<CancellationToken, ValueTask<string>> token, TimeProvider time, Uri? endpoint = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(keyVersion);
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(time);
        if (!VersionForm().IsMatch(keyVersion))
        {
            throw new ArgumentException("Expected projects/…/locations/…/keyRings/…/cryptoKeys/…/cryptoKeyVersions/N.", nameof(keyVersion));
        }

        _endpoint = endpoint ?? new Uri("https://cloudkms.googleapis.com/");
        if (SignerUrls.Check(_endpoint, allowPlainHttp: false) is { } refusal)
        {
            throw new ArgumentException(refusal.Message, nameof(endpoint));
        }

        (_version, _token) = (keyVersion, token);
        _http = new(http, time, Name, TimeSpan.FromSeconds(30));
    }

    /// <inheritdoc/>
    public string Name => "Google Cloud KMS";

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> GetPublicKeyAsync(CancellationToken cancellationToken = default)
    {
        using var request = await MakeAsync(HttpMethod.Get, $"/v1/{_version}/publicKey", cancellationToken);
        var answer = await _http.AskAsync(request, cancellationToken);
        var pem = answer.String("pem", 4096);
        CheckSum(answer, "pemCrc32c", Encoding.UTF8.GetBytes(pem));
        if (answer.OptionalString("algorithm") is not "EC_SIGN_SECP256K1_SHA256")
        {
            throw _http.Malformed("the key version is none of EC_SIGN_SECP256K1_SHA256");
        }

        if (!PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] != "PUBLIC KEY" || pem[..fields.Location.Start].Trim().Length > 0 || pem[fields.Location.End..].Trim().Length > 0)
        {
            throw _http.Malformed("it gave no PEM of one public key");
        }

        var der = new byte[fields.DecodedDataLength];
        return Convert.TryFromBase64String(pem[fields.Base64Data], der, out var count) ? der.AsMemory(0, count) : throw _http.Malformed("its PEM holds no base64");
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> SignDigestAsync(Hash32 digest, CancellationToken cancellationToken = default)
    {
        using var request = await MakeAsync(HttpMethod.Post, $"/v1/{_version}:asymmetricSign", cancellationToken);
        request.Content = KmsHttp.Json(new()
        {
            ["digest"] = new JsonObject { ["sha256"] = Convert.ToBase64String(digest.ToArray()) },
            ["digestCrc32c"] = Sum(digest.Bytes).ToString(CultureInfo.InvariantCulture),
        });
        var answer = await _http.AskAsync(request, cancellationToken);
        var signature = _http.Base64(answer, "signature");
        CheckSum(answer, "signatureCrc32c", signature);
        var verified = answer.Boolean("verifiedDigestCrc32c");
        var name = answer.String("name", 1024);
        _http.Demand(answer);
        return verified && name == _version ? signature : throw _http.Malformed("it signed another digest, or by another key version");
    }

    /// <summary>Nothing is held here.</summary>
    public void Dispose()
    {
    }

    /// <summary>CRC32C (Castagnoli; RFC 3720, 12.1).</summary>
    internal static uint Sum(ReadOnlySpan<byte> data)
    {
        var sum = uint.MaxValue;
        foreach (var b in data)
        {
            sum = BitOperations.Crc32C(sum, b);
        }

        return ~sum;
    }

    private async Task<HttpRequestMessage> MakeAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        var token = await _token(cancellationToken);
        var request = new HttpRequestMessage(method, new Uri(_endpoint, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private void CheckSum(Protocol.Json.JsonShape answer, string member, ReadOnlySpan<byte> data)
    {
        var stated = answer.String(member, 20);
        _http.Demand(answer);
        if (stated != Sum(data).ToString(CultureInfo.InvariantCulture))
        {
            throw _http.Malformed($"'{member}' is not the sum of what came");
        }
    }

    [GeneratedRegex(@"^projects/[A-Za-z0-9._:-]{1,100}/locations/[A-Za-z0-9-]{1,63}/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}/cryptoKeyVersions/[0-9]{1,10}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex VersionForm();
}
