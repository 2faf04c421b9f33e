using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.SignIn;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>
/// The core of signing in: gives out EIP-4361 challenges, and knows whether one was signed by its account. What a proof then opens is its user's affair, who takes
/// the nonce in the write in which he opens it.
/// </summary>
public sealed class SignInChallenges
{
    private static readonly TimeSpan s_skew = TimeSpan.FromMinutes(2);

    private readonly Store _store;
    private readonly AgentSignInOptions _options;
    private readonly TimeProvider _time;
    private readonly IRandom _random;
    private readonly SignInState _state;
    private readonly byte[][] _settings;

    /// <summary>Challenges whose nonces are kept in this store.</summary>
    /// <exception cref="InvalidOperationException">The options cannot be used.</exception>
    public SignInChallenges(Store store, AgentSignInOptions options, TimeProvider time, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        options.Validate();
        (_store, _options, _time, _random) = (store, options, time, random);
        _state = new(store, random);
        // What a message is made of besides account, nonce and time. Making the texts also shows that they keep the grammar.
        _settings = [.. from origin in Enumerable.Range(0, options.Origins.Count)
                        from chain in Enumerable.Range(0, options.Chains.Count)
                        select SHA256.HashData(Encoding.UTF8.GetBytes(Message(default, origin, chain, "00000000", 0).ToText()))];
    }

    /// <summary>Brings the tables up to date; the other methods do it when they are first called.</summary>
    public Task MigrateAsync() => _state.KeyAsync();

    /// <summary>
    /// Gives an account something to sign. Nothing is stored, and a new challenge never touches an older one: whoever asks for challenges in another's name does not
    /// keep him from signing in (specs/signin.md 1.8).
    /// </summary>
    /// <param name="account">Who is to sign.</param>
    /// <param name="chain">By which chain; the first of the options when null.</param>
    /// <param name="domain">At which of the origins (its host, with the port where that is not the scheme's own); the first of the options when null.</param>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public async Task<SignInIssuing> IssueAsync(Address account, ChainId? chain = null, string? domain = null)
    {
        if (account.IsZero)
        {
            return new SignInIssuing.Refused("address_invalid", "nobody signs for the zero address");
        }

        var which = chain is { } wanted ? _options.Chains.IndexOf(wanted) : 0;
        if (which < 0)
        {
            return new SignInIssuing.Refused("chain_not_offered", "wallets do not sign in by this chain here");
        }

        var at = domain is null ? 0 : _options.Origins.TakeWhile(origin => origin.Authority != domain).Count();
        if (at == _options.Origins.Count)
        {
            return new SignInIssuing.Refused("domain_not_offered", "wallets do not sign in to this domain here");
        }

        var key = await _state.KeyAsync();
        var nonce = Draw(account, at, which, key);
        var text = nonce.ToString();
        return new SignInIssuing.Issued(new(Message(account, at, which, text, nonce.IssuedAt).ToText(), text));
    }

    /// <summary>Whether the account signed the challenge. A wrong signature is counted; five by default burn the nonce, and nobody who does not know the nonce can do that.</summary>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public async Task<SignInProving> ProveAsync(SignInVerification verification, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(verification);
        var (account, now) = (verification.Address, _time.GetUtcNow());
        var key = await _state.KeyAsync();
        if (ChallengeNonce.Read(verification.Nonce) is not { } nonce || account.IsZero || nonce.Origin >= _options.Origins.Count || nonce.Chain >= _options.Chains.Count
            || !nonce.IsFor(account, Settings(nonce), key))
        {
            return new SignInProving.Refused("the nonce is not of this server, or not of this account");
        }

        var issued = DateTimeOffset.FromUnixTimeSeconds(nonce.IssuedAt);
        if (now >= issued + _options.ChallengeLifetime || issued > now + s_skew)
        {
            return new SignInProving.Refused("the challenge has expired, or the clock was set back");
        }

        // The bytes that were given out, made again; what the caller sends along counts only when it is the same.
        var text = Message(account, nonce.Origin, nonce.Chain, verification.Nonce, nonce.IssuedAt).ToText();
        var chain = _options.Chains[nonce.Chain];
        var proof = new SignInProof(account, chain, Eip191.HashPersonalMessage(text), null) { NonceId = nonce.Id, ExpiresMs = (issued + _options.ChallengeLifetime).ToUnixTimeMilliseconds() };
        if (verification.Message is not null && verification.Message != text)
        {
            return await FailAsync(proof, "another message was sent along", cancellationToken);
        }

        return await JudgeAsync(proof, Normalized(verification.Signature), cancellationToken);
    }

    /// <summary>Uses the nonce up; true for who did. The race: of any number of writes, in any number of replicas, one gets true.</summary>
    public bool Take(IStoreTransaction transaction, SignInProof proof)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(proof);
        return NonceBook.Take(transaction, proof.NonceId, _time.GetUtcNow().ToUnixTimeMilliseconds(), proof.ExpiresMs, _options.Tries);
    }

    /// <summary>Whether a contract wallet still takes the signature that opened something; null when its chain does not answer, or has no node here any more.</summary>
    internal async Task<bool?> IsStillSignedAsync(Address account, ChainId chain, Hash32 digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken)
    {
        if (!_options.ContractWallets.TryGetValue(chain, out var node))
        {
            return null;
        }

        try
        {
            return await AccountSignature.VerifyAsync(node, account, digest, signature, Judgement(), cancellationToken) is SignatureVerdict.Valid;
        }
        catch (ChainException)
        {
            return null;
        }
    }

    /// <summary>Forgets what is long over.</summary>
    internal async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await _state.KeyAsync();
        return await _store.WriteAsync(transaction => NonceBook.Sweep(transaction, _time.GetUtcNow().ToUnixTimeMilliseconds()), cancellationToken);
    }

    private async Task<SignInProving> JudgeAsync(SignInProof proof, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken)
    {
        // A key's own signature needs no question to the chain when the key counts anyway. A wrapped signature (ERC-6492) is never one of a key.
        var ofKey = !AccountSignature.IsWrapped(signature.Span) && AccountSignature.IsOfKey(proof.Address, proof.Digest, signature.Span);
        var hasNode = _options.ContractWallets.TryGetValue(proof.Chain, out var node);
        if (ofKey && (_options.AcceptKeyOfDelegatedAccount || !hasNode))
        {
            return new SignInProving.Proven(proof);
        }

        if (!hasNode)
        {
            return await FailAsync(proof, "the signature is not the account's", cancellationToken);
        }

        // A burnt or used challenge does not get a stranger's contract asked again and again.
        if (!await _store.ReadAsync(reader => NonceBook.IsOpen(reader, proof.NonceId, _options.Tries), cancellationToken))
        {
            return new SignInProving.Refused("the challenge is used or burnt");
        }

        try
        {
            if (await AccountSignature.VerifyAsync(node!, proof.Address, proof.Digest, signature, Judgement(), cancellationToken) is SignatureVerdict.Valid)
            {
                return new SignInProving.Proven(ofKey ? proof : proof with { ContractSignature = signature });
            }
        }
        catch (ChainException)
        {
            return new SignInProving.Unavailable();
        }

        return await FailAsync(proof, "the account does not take the signature", cancellationToken);
    }

    private async Task<SignInProving> FailAsync(SignInProof proof, string reason, CancellationToken cancellationToken)
    {
        await _store.WriteAsync(transaction => NonceBook.Fail(transaction, proof.NonceId, proof.ExpiresMs, _options.Tries), cancellationToken);
        return new SignInProving.Refused(reason);
    }

    private AccountSignatureOptions Judgement() =>
        new() { Factories = _options.Factories, AcceptKeyOfDelegatedAccount = _options.AcceptKeyOfDelegatedAccount, Timeout = _options.ChainTimeout, Time = _time };

    // Hardware and key services give the parity as 0 or 1 where personal_sign has 27 or 28; it is the same signature. Anything else stays what it is, and is refused.
    private static ReadOnlyMemory<byte> Normalized(ReadOnlyMemory<byte> signature)
    {
        if (signature.Length != Signature.Size || signature.Span[^1] > 1)
        {
            return signature;
        }

        var bytes = signature.ToArray();
        bytes[^1] += 27;
        return bytes;
    }

    private ChallengeNonce Draw(Address account, int origin, int chain, byte[] key)
    {
        Span<byte> random = stackalloc byte[16];
        _random.Fill(random);
        return ChallengeNonce.Make(random, _time.GetUtcNow().ToUnixTimeSeconds(), (byte)origin, (byte)chain, account, _settings[(origin * _options.Chains.Count) + chain], key);
    }

    private byte[] Settings(ChallengeNonce nonce) => _settings[(nonce.Origin * _options.Chains.Count) + nonce.Chain];

    private SignInMessage Message(Address account, int origin, int chain, string nonce, long issuedAt)
    {
        var (at, time) = (_options.Origins[origin], DateTimeOffset.FromUnixTimeSeconds(issuedAt));
        return new()
        {
            Scheme = at.Scheme,
            Domain = at.Authority,
            Address = account,
            Statement = _options.Statement,
            Uri = at.GetLeftPart(UriPartial.Authority),
            ChainId = _options.Chains[chain],
            Nonce = nonce,
            IssuedAt = Write(time),
            ExpirationTime = Write(time + _options.ChallengeLifetime),
            Resources = _options.Resource is { } resource ? [resource] : null,
        };
    }

    private static string Write(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
