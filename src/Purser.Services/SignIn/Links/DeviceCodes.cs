using System.Globalization;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.SignIn;
using Purser.Services.Gate;
using Purser.Storage;
using Purser.Wallet.Vault;

namespace Purser.Services.SignIn.Links;

/// <summary>
/// Linking by a short code, after RFC 8628 (device authorization grant): the agent asks for a code and proves its wallet by signing a statement of ours, shows the code to
/// its human, and he types it at the pages and sets limits. What the agent gets at the end is the link, not a token: it signs in with its wallet as always. Codes are
/// capped, short-lived and useless before the proof; a person's wrong guesses are counted.
/// </summary>
public sealed partial class DeviceCodes
{
    private const int ProofTries = 5;

    private readonly Store _store;
    private readonly StoreLinks _links;
    private readonly TimeProvider _time;
    private readonly IRandom _random;
    private readonly WalletProof _proof;
    private readonly AttemptGuard _guard = new("agent_link_guards");

    /// <summary>Codes beside the links.</summary>
    /// <param name="store">The store of the links.</param>
    /// <param name="links">The links.</param>
    /// <param name="signIn">Origins, chains and the nodes of contract wallets.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Draws codes.</param>
    public DeviceCodes(Store store, StoreLinks links, AgentSignInOptions signIn, TimeProvider time, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(links);
        ArgumentNullException.ThrowIfNull(signIn);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        (_store, _links, _time, _random, _proof) = (store, links, time, random, new(signIn));
        Origin = links.Options.Origin ?? signIn.Origins[0];
        Chain = signIn.Chains.Count > 0 ? signIn.Chains[0] : new ChainId(1);
    }

    /// <summary>The origin that stands in the statements.</summary>
    public Uri Origin { get; }

    /// <summary>The chain that stands in the statements.</summary>
    public ChainId Chain { get; }

    private AgentLinkOptions Options => _links.Options;

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Makes a code. It is asked for by anybody, so it costs little, and proves nothing yet.</summary>
    /// <param name="request">What the agent asks for.</param>
    /// <param name="caller">Who asks (an IP address).</param>
    /// <param name="cancellationToken">Gives up before it is begun.</param>
    public Task<DeviceCodeResult> BeginAsync(DeviceCodeRequest request, string caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (_links.Check(new("", request.Wallet, request.ClientLabel, request.Permissions) { IsProven = true }) is { } refusal)
        {
            return Task.FromResult<DeviceCodeResult>(new DeviceCodeResult.Refused(refusal));
        }

        var (device, code) = (SecretToken.Create(SecretKind.DeviceCode, _random), UserCode.Draw(_random));
        var message = Statement(request.Wallet).ToText();
        return _store.WriteAsync<DeviceCodeResult>(transaction =>
        {
            var now = Now;
            Sweep(transaction, now);
            if (transaction.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM agent_link_codes WHERE caller = @caller AND expires_ms > @now AND state = 0", new { caller, now }) >= Options.CodesPerCaller
                || transaction.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM agent_link_codes WHERE expires_ms > @now", new { now }) >= Options.CodesInAll)
            {
                return new DeviceCodeResult.Refused(LinkRefusals.TooManyCodes);
            }

            var inserted = transaction.Execute(
                """
                INSERT INTO agent_link_codes (device_hash, user_code, wallet, label, permissions, message, caller, proven, tries, state, link_id, interval_s, polled_ms, expires_ms)
                VALUES (@device, @code, @wallet, @ClientLabel, @permissions, @message, @caller, 0, 0, 0, '', @interval, 0, @expires)
                ON CONFLICT (user_code) DO NOTHING
                """,
                new
                {
                    device = device.Hash(), code, wallet = request.Wallet.ToArray(), request.ClientLabel, permissions = LinkTerms.Encode(request.Permissions), message, caller,
                    interval = (long)Options.CodeInterval.TotalSeconds, expires = now + (long)Options.CodeLifetime.TotalMilliseconds,
                });
            return inserted == 1
                ? new DeviceCodeResult.Begun(device.Reveal(), UserCode.Show(code), message, new Uri(Origin, Options.CodePath), Options.CodeLifetime, Options.CodeInterval)
                : new DeviceCodeResult.Refused(LinkRefusals.TooManyCodes); // the one code in 20^8 that is open already
        }, cancellationToken);
    }

    /// <summary>Takes the wallet's signature of the code's statement. Five wrong ones end the code.</summary>
    /// <exception cref="ChainException">The chain that has to judge a contract wallet does not answer; the code stays as it is.</exception>
    public async Task<DeviceCodeResult> ProveAsync(string? deviceCode, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken = default)
    {
        if (!SecretToken.TryParse(SecretKind.DeviceCode, deviceCode, out var device)
            || await _store.ReadAsync(reader => Find(reader, device), cancellationToken) is not { } row || row.ExpiresMs <= Now || row.State != Open || row.Tries >= ProofTries)
        {
            return new DeviceCodeResult.Refused(LinkRefusals.CodeUnknown);
        }

        var wallet = new Address(row.Wallet);
        var signed = await _proof.IsSignedAsync(Chain, wallet, row.Message, signature, cancellationToken);
        return await _store.WriteAsync<DeviceCodeResult>(transaction =>
        {
            var now = Now;
            if (!signed)
            {
                transaction.Execute("UPDATE agent_link_codes SET tries = tries + 1 WHERE device_hash = @hash", new { hash = device.Hash() });
                return new DeviceCodeResult.Refused(LinkRefusals.ProofWrong);
            }

            // The race: of many proofs of one wallet at once no more than the cap are let in, since each counts in the write that lets it in. (PostgreSQL may let two in
            // over the cap, which protects memory and not money.)
            var proven = transaction.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM agent_link_codes WHERE wallet = @Wallet AND expires_ms > @now AND proven = 1 AND state = 0", new { row.Wallet, now });
            if (row.Proven == 0 && proven >= Options.CodesPerWallet)
            {
                return new DeviceCodeResult.Refused(LinkRefusals.TooManyCodes);
            }

            transaction.Execute("UPDATE agent_link_codes SET proven = 1 WHERE device_hash = @hash", new { hash = device.Hash() });
            return new DeviceCodeResult.Proven();
        }, cancellationToken);
    }

    /// <summary>What became of a code. Asked too often it answers <c>slow_down</c>, and from then on 5 seconds later (RFC 8628 3.5). A link is told as often as it is asked for: it is no secret.</summary>
    public Task<DeviceCodeState> PollAsync(string? deviceCode, CancellationToken cancellationToken = default)
    {
        if (!SecretToken.TryParse(SecretKind.DeviceCode, deviceCode, out var device))
        {
            return Task.FromResult<DeviceCodeState>(new DeviceCodeState.Not("invalid_grant", null));
        }

        return _store.WriteAsync<DeviceCodeState>(transaction =>
        {
            var now = Now;
            if (Find(transaction, device, transaction.ForUpdate) is not { } row)
            {
                return new DeviceCodeState.Not("invalid_grant", null);
            }

            if (row.State == Approved && _links.Read(transaction, row.LinkId) is { } link)
            {
                return new DeviceCodeState.Linked(link);
            }

            if (row.State == Denied)
            {
                return new DeviceCodeState.Not("access_denied", null);
            }

            if (row.ExpiresMs <= now || row.Tries >= ProofTries)
            {
                return new DeviceCodeState.Not("expired_token", null);
            }

            var early = row.PolledMs != 0 && now - row.PolledMs < (row.IntervalS * 1000) - 500; // half a second for clocks and networks
            var interval = early ? row.IntervalS + 5 : row.IntervalS;
            transaction.Execute("UPDATE agent_link_codes SET polled_ms = @now, interval_s = @interval WHERE device_hash = @hash", new { now, interval, hash = device.Hash() });
            return new DeviceCodeState.Not(early ? "slow_down" : "authorization_pending", TimeSpan.FromSeconds(interval));
        }, cancellationToken);
    }

    private SignInMessage Statement(Address wallet)
    {
        var now = _time.GetUtcNow();
        Span<byte> nonce = stackalloc byte[16];
        _random.Fill(nonce);
        return new()
        {
            Scheme = Origin.Scheme,
            Domain = Origin.Authority,
            Address = wallet,
            Statement = "Let the person who enters my code play with this wallet, under the limits set there. This moves no money.",
            Uri = new Uri(Origin, Options.CodePath).AbsoluteUri,
            ChainId = Chain,
            Nonce = Convert.ToHexStringLower(nonce),
            IssuedAt = Write(now),
            ExpirationTime = Write(now + Options.CodeLifetime),
            Resources = ["urn:purser:agent-link"],
        };
    }

    private static string Write(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
