using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Wallet.Vault;

/// <summary>
/// The login's client: asks a vault for sessions. Whatever the vault says is read strictly and bounded; a redirect is not followed. What does not work is a
/// <see cref="VaultException"/> with the refusal to show: kind <see cref="WalletRefusalKind.Locked"/> (exit 5) where nobody is logged in for it,
/// <see cref="WalletRefusalKind.Network"/> (exit 7) where the vault says when to come back.
/// </summary>
public sealed class VaultLoginClient
{
    private static readonly JsonLimits s_limits = new(16 * 1024);

    private readonly HttpClient _http;
    private readonly VaultAddress _address;
    private readonly TimeProvider _time;
    private readonly IRandom _random;
    private readonly TimeSpan _timeout;

    /// <summary>A client of one vault.</summary>
    /// <param name="http">Made over <see cref="VaultAddress.CreateHandler"/>.</param>
    /// <param name="address">Where the vault listens.</param>
    /// <param name="time">For waits.</param>
    /// <param name="random">For the device's secret; cryptographically strong.</param>
    /// <param name="timeout">How long one answer may take; 60 seconds when null (a mail server may be slow).</param>
    public VaultLoginClient(HttpClient http, VaultAddress address, TimeProvider time, IRandom random, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        (_http, _address, _time, _random, _timeout) = (http, address, time, random, timeout ?? TimeSpan.FromSeconds(60));
    }

    /// <summary>Logs in by API key, which stays the caller's to clear.</summary>
    public async Task<VaultSession> ByKeyAsync(ReadOnlyMemory<char> apiKey, CancellationToken cancellationToken = default)
    {
        var device = SecretToken.Create(SecretKind.Device, _random);
        var body = await AskAsync("v1/login/key", cancellationToken, ("apiKey", apiKey), ("device", device.Reveal().AsMemory()));
        return ReadSession(body, device);
    }

    /// <summary>Asks for a code by mail.</summary>
    /// <param name="email">Where to.</param>
    /// <param name="known">The device's secret of an earlier login, also one that has ended, so that the vault tells this device from strangers; null draws a new one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<PendingVaultLogin> BeginAsync(string email, SecretToken? known = null, CancellationToken cancellationToken = default)
    {
        var device = known ?? SecretToken.Create(SecretKind.Device, _random);
        var body = await AskAsync("v1/login/email", cancellationToken, ("email", email.AsMemory()), ("device", device.Reveal().AsMemory()));
        var attempt = body.String("attempt", 64);
        var expires = Time(body, "expiresAt");
        return body.Ok ? new(_address, email, attempt, device, expires) : throw new VaultException(VaultCalls.Garbage);
    }

    /// <summary>Completes a login with the code of the mail.</summary>
    public async Task<VaultSession> VerifyAsync(PendingVaultLogin pending, string code, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pending);
        var body = await AskAsync("v1/login/verify", cancellationToken, ("attempt", pending.Attempt.AsMemory()), ("device", pending.Device.Reveal().AsMemory()), ("code", code.AsMemory()));
        return ReadSession(body, pending.Device);
    }

    /// <summary>Gets the next pair of tokens. The same call, with the same <see cref="VaultSession.Rotation"/>, may be repeated when its answer was lost.</summary>
    /// <param name="session">The session, with the name of this refresh.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<VaultSession> RefreshAsync(VaultSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        var rotation = session.Rotation ?? throw new ArgumentException("a refresh has a name before it is begun", nameof(session));
        var body = await AskAsync("v1/session/refresh", cancellationToken, ("refreshToken", session.RefreshToken.Reveal().AsMemory()), ("device", session.Device.Reveal().AsMemory()), ("rotation", rotation.Reveal().AsMemory()));
        var next = ReadSession(body, session.Device);
        return next.UserId == session.UserId ? next : throw new VaultException(VaultCalls.Garbage);
    }

    /// <summary>Ends the session at the vault.</summary>
    public Task LogOutAsync(VaultSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return AskAsync("v1/session/logout", cancellationToken, ("refreshToken", session.RefreshToken.Reveal().AsMemory()), ("device", session.Device.Reveal().AsMemory()));
    }

    private VaultSession ReadSession(JsonShape body, SecretToken device)
    {
        var session = new VaultSession(_address, body.String("userId", 64), body.String("userName", 256), device, VaultSessionFile.Secret(body, "accessToken", SecretKind.Access),
            Time(body, "accessExpiresAt"), VaultSessionFile.Secret(body, "refreshToken", SecretKind.Refresh), Time(body, "refreshExpiresAt"));
        return body.Ok ? session : throw new VaultException(VaultCalls.Garbage);
    }

    private async Task<JsonShape> AskAsync(string path, CancellationToken cancellationToken, params (string Name, ReadOnlyMemory<char> Value)[] members)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(_address.BaseUrl, path));
        var body = VaultCalls.Json(writer =>
        {
            writer.WriteStartObject();
            foreach (var (name, value) in members)
            {
                writer.WriteString(name, value.Span);
            }

            writer.WriteEndObject();
        });
        message.Content = new ByteArrayContent(body);
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var late = new CancellationTokenSource(_timeout, _time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, bound.Token);
            var shape = await ReadAsync(response, bound.Token);
            return response.IsSuccessStatusCode ? shape : throw new VaultException(Refusal(response, shape)) { IsTransient = response.StatusCode is HttpStatusCode.ServiceUnavailable };
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Unreachable(exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }

    private static async Task<JsonShape> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.NoContent)
        {
            return JsonShape.Parse("{}"u8);
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[s_limits.MaxBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return JsonShape.Parse(buffer.AsSpan(0, length), s_limits);
    }

    private static WalletRefusal Refusal(HttpResponseMessage response, JsonShape shape)
    {
        var (code, title, hint) = (shape.String("code", 64), shape.String("title"), shape.String("hint"));
        if (!shape.Ok || code.Length == 0 || code.AsSpan().ContainsAnyExcept(s_codeCharacters))
        {
            return VaultCalls.Garbage;
        }

        var wait = response.Headers.RetryAfter?.Delta is { } delta ? $" (again in {Math.Ceiling(delta.TotalSeconds).ToString(CultureInfo.InvariantCulture)} seconds)" : "";
        return new(code, UntrustedText.Clean(title) + wait, UntrustedText.Clean(hint), response.StatusCode switch
        {
            HttpStatusCode.BadRequest => WalletRefusalKind.Usage,
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => WalletRefusalKind.Network,
            _ => WalletRefusalKind.Locked,
        });
    }

    private static readonly System.Buffers.SearchValues<char> s_codeCharacters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    private VaultException Unreachable(Exception cause) =>
        new(new("vault_unreachable", $"the vault at {_address} does not answer", "start it with `purser vault`, or name another with --vault; then run the command again", WalletRefusalKind.Locked), cause) { IsTransient = true };

    private static DateTimeOffset Time(JsonShape shape, string member)
    {
        if (DateTimeOffset.TryParseExact(shape.String(member, 40), "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return time;
        }

        shape.RefuseValue(member, "Expected an instant");
        return default;
    }
}
