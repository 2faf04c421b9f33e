using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Testing.Custody;
using Purser.Wallet.Keys;
using Purser.Wallet.Keys.Kms;

namespace Purser.Wallet.Tests.Custody;

/// <summary>The clouds' own protocols, against doubles that answer as they do and check what they are asked.</summary>
public sealed class CloudKeyManagementTests : IDisposable
{
    private const string Version = "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1";
    private const string Secret = "not a real secret, only a test's";

    private static readonly SigningPayload.PersonalMessage s_text = new(Encoding.UTF8.GetBytes("signed in a cloud"));

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));
    private readonly ECDsa _key = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));

    public void Dispose()
    {
        _http.Dispose();
        _clock.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task A_key_in_AWS_KMS_signs_by_requests_that_are_themselves_signed()
    {
        foreach (var session in new[] { null, "a-session-token" })
        {
            await using var cloud = new LoopbackHttp((request, _) => Task.FromResult<LoopbackAnswer?>(Aws(request, session)));
            using var signer = Found(await KmsSigner.OpenAsync(new AwsKeyManagement(_http, new("AKIDTEST", Secret, session), "eu-central-1", "alias/agent", _clock, cloud.Url)));
            await SignsAsync(signer);
        }

        // Another secret: the cloud's own check fails, and the secret stands nowhere.
        await using var strict = new LoopbackHttp((request, _) => Task.FromResult<LoopbackAnswer?>(Aws(request, null)));
        using var credentials = new AwsCredentials("AKIDTEST", "another secret");
        credentials.ToString().ShouldBe("AKIDTEST");
        using var wrong = new AwsKeyManagement(_http, credentials, "eu-central-1", "alias/agent", _clock, strict.Url);
        Code(await KmsSigner.OpenAsync(wrong)).ShouldBe("signer_unauthorized");
    }

    [Theory]
    [InlineData(400, """{"__type":"ThrottlingException","message":"Rate exceeded"}""", "signer_rate_limited")]
    [InlineData(400, """{"__type":"com.amazonaws.kms#AccessDeniedException","Message":"not authorized"}""", "signer_unauthorized")]
    [InlineData(400, """{"__type":"DisabledException","message":"key is disabled"}""", "signer_refused")]
    [InlineData(500, """{"__type":"KMSInternalException"}""", "signer_unreachable")]
    [InlineData(302, "{}", "signer_malformed")]
    [InlineData(200, "{}", "signer_malformed")]
    [InlineData(200, """{"KeySpec":"ECC_NIST_P256","KeyUsage":"SIGN_VERIFY","PublicKey":"AAAA"}""", "signer_malformed")]
    [InlineData(200, """{"KeySpec":"ECC_SECG_P256K1","KeyUsage":"SIGN_VERIFY","PublicKey":"!"}""", "signer_malformed")]
    [InlineData(200, """{"KeySpec":"ECC_SECG_P256K1","KeyUsage":"SIGN_VERIFY","PublicKey":"AAAA"}{}""", "signer_malformed")]
    public async Task What_AWS_KMS_answers_else_is_a_typed_refusal(int status, string body, string code)
    {
        await using var cloud = new LoopbackHttp((_, _) => Task.FromResult<LoopbackAnswer?>(new(status, body)));
        using var manager = new AwsKeyManagement(_http, new("AKIDTEST", Secret), "eu-central-1", "alias/agent", _clock, cloud.Url);
        Code(await KmsSigner.OpenAsync(manager)).ShouldBe(code);
    }

    [Fact]
    public async Task A_key_in_Google_Cloud_KMS_signs_and_its_sums_are_checked()
    {
        string? spoilt = null;
        await using var cloud = new LoopbackHttp((request, _) => Task.FromResult<LoopbackAnswer?>(Google(request, spoilt)));
        GoogleKeyManagement Manager(string token = "ya29.token") => new(_http, Version, _ => ValueTask.FromResult(token), _clock, cloud.Url);
        using var signer = Found(await KmsSigner.OpenAsync(Manager()));
        await SignsAsync(signer);
        Code(await KmsSigner.OpenAsync(Manager("expired"))).ShouldBe("signer_unauthorized");
        foreach (var what in new[] { "signatureCrc32c", "verifiedDigestCrc32c", "name", "signature" })
        {
            spoilt = what;
            (await Should.ThrowAsync<SignerException>(() => ((ISigner)signer).SignAsync(s_text, CancellationToken.None).AsTask())).Refusal.Code.ShouldBe("signer_malformed", what);
        }

        foreach (var what in new[] { "pemCrc32c", "algorithm", "pem" })
        {
            spoilt = what;
            Code(await KmsSigner.OpenAsync(Manager())).ShouldBe("signer_malformed", what);
        }
    }

    [Fact]
    public void The_sum_is_that_of_Castagnoli()
    {
        // RFC 3720, B.4: 32 bytes of zeros, of ones, and 0 to 31.
        GoogleKeyManagement.Sum(new byte[32]).ShouldBe(0x8a9136aau);
        GoogleKeyManagement.Sum([.. Enumerable.Repeat((byte)0xff, 32)]).ShouldBe(0x62a8ab43u);
        GoogleKeyManagement.Sum([.. Enumerable.Range(0, 32).Select(i => (byte)i)]).ShouldBe(0x46dd794eu);
    }

    [Fact]
    public void Another_place_than_the_cloud_s_is_https_or_loopback_and_names_keep_their_form()
    {
        Should.Throw<ArgumentException>(() => new AwsKeyManagement(_http, new("A", "s"), "eu-central-1", "k", _clock, new("http://kms.example/")));
        Should.Throw<ArgumentException>(() => new AwsKeyManagement(_http, new("A", "s"), "evil.example/#", "k", _clock));
        Should.Throw<ArgumentException>(() => new GoogleKeyManagement(_http, Version, _ => ValueTask.FromResult(""), _clock, new("http://kms.example/")));
        Should.Throw<ArgumentException>(() => new GoogleKeyManagement(_http, Version + "/../other", _ => ValueTask.FromResult(""), _clock));
    }

    private static async Task SignsAsync(KmsSigner signer)
    {
        for (var i = 0; i < 4; i++)
        {
            var payload = new SigningPayload.PersonalMessage(new byte[] { 7, (byte)i });
            Secp256k1.TryRecover(payload.Digest, await ((ISigner)signer).SignAsync(payload, CancellationToken.None), out var by).ShouldBeTrue();
            by.ShouldBe(signer.Address);
        }
    }

    // The request's signature is computed anew from what came over the wire (AWS Signature Version 4), not from our client's parts.
    private LoopbackAnswer Aws(LoopbackRequest request, string? session)
    {
        var authorization = request.Headers["Authorization"];
        var names = authorization.Split("SignedHeaders=")[1].Split(',')[0].Split(';');
        names.ShouldBe(names.Order(StringComparer.Ordinal));
        names.ShouldContain("host");
        names.ShouldContain("x-amz-target");
        request.Headers.GetValueOrDefault("x-amz-security-token").ShouldBe(session);
        names.Contains("x-amz-security-token").ShouldBe(session is not null);
        request.Headers["x-amz-date"].ShouldBe("20260304T050607Z");
        var canonical = string.Join('\n', [request.Method, request.Path, "", .. names.Select(name => $"{name}:{request.Headers[name]}"), "", string.Join(';', names), Sha(request.Body)]);
        const string scope = "20260304/eu-central-1/kms/aws4_request";
        var key = Encoding.UTF8.GetBytes("AWS4" + Secret);
        foreach (var part in scope.Split('/'))
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"AWS4-HMAC-SHA256\n20260304T050607Z\n{scope}\n{Sha(canonical)}")));
        if (authorization != $"AWS4-HMAC-SHA256 Credential=AKIDTEST/{scope}, SignedHeaders={string.Join(';', names)}, Signature={signature}")
        {
            return new(400, """{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match"}""", "application/x-amz-json-1.1");
        }

        var body = JsonNode.Parse(request.Body)!;
        body["KeyId"]!.GetValue<string>().ShouldBe("alias/agent");
        JsonObject answer;
        if (request.Headers["x-amz-target"] == "TrentService.GetPublicKey")
        {
            answer = new() { ["KeyId"] = "arn:aws:kms:eu-central-1:1:key/1", ["KeySpec"] = "ECC_SECG_P256K1", ["KeyUsage"] = "SIGN_VERIFY", ["PublicKey"] = Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo()), ["SigningAlgorithms"] = new JsonArray("ECDSA_SHA_256") };
        }
        else
        {
            (body["MessageType"]!.GetValue<string>(), body["SigningAlgorithm"]!.GetValue<string>()).ShouldBe(("DIGEST", "ECDSA_SHA_256"));
            answer = new() { ["KeyId"] = "arn:aws:kms:eu-central-1:1:key/1", ["SigningAlgorithm"] = "ECDSA_SHA_256", ["Signature"] = Convert.ToBase64String(Sign(Convert.FromBase64String(body["Message"]!.GetValue<string>()))) };
        }

        return new(200, answer.ToJsonString(), "application/x-amz-json-1.1");
    }

    private LoopbackAnswer Google(LoopbackRequest request, string? spoilt)
    {
        if (request.Headers["Authorization"] != "Bearer ya29.token")
        {
            return new(401, """{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}""");
        }

        JsonObject answer;
        if (request.Method == "GET")
        {
            request.Path.ShouldBe($"/v1/{Version}/publicKey");
            var pem = _key.ExportSubjectPublicKeyInfoPem() + "\n";
            answer = new() { ["pem"] = pem, ["algorithm"] = "EC_SIGN_SECP256K1_SHA256", ["pemCrc32c"] = Sum(Encoding.UTF8.GetBytes(pem)), ["name"] = Version, ["protectionLevel"] = "HSM" };
        }
        else
        {
            request.Path.ShouldBe($"/v1/{Version}:asymmetricSign");
            var body = JsonNode.Parse(request.Body)!;
            var digest = Convert.FromBase64String(body["digest"]!["sha256"]!.GetValue<string>());
            body["digestCrc32c"]!.GetValue<string>().ShouldBe(Sum(digest));
            var signature = Sign(digest);
            answer = new() { ["signature"] = Convert.ToBase64String(signature), ["signatureCrc32c"] = Sum(signature), ["verifiedDigestCrc32c"] = true, ["name"] = Version, ["protectionLevel"] = "HSM" };
        }

        if (spoilt is not null && answer.ContainsKey(spoilt))
        {
            answer[spoilt] = spoilt == "verifiedDigestCrc32c" ? false : "AAAA";
        }

        return new(200, answer.ToJsonString());
    }

    private byte[] Sign(byte[] digest) => _key.SignHash(digest, DSASignatureFormat.Rfc3279DerSequence);

    private static string Sha(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Sum(byte[] data) => GoogleKeyManagement.Sum(data).ToString(CultureInfo.InvariantCulture);

    private static T Found<T>(KeyResult<T> result) => result.ShouldBeOfType<KeyResult<T>.Found>().Value;

    private static string Code<T>(KeyResult<T> result) => result.ShouldBeOfType<KeyResult<T>.Refused>().Reason.Code;
}
