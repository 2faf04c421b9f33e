using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Json;

namespace Purser.Wallet.Keys.External;

/// <summary>
/// An account whose key lies behind a JSON-RPC URL: a node's own accounts, Clef, a hardware wallet's bridge. It is asked by
/// <c>personal_sign</c>, <c>eth_signTypedData_v4</c> and <c>eth_signTransaction</c>, so that it sees what it signs; by <c>eth_sign</c>,
/// which signs whatever hash it is given, never. What comes back is checked against our own digest and the account, and of a
/// transaction every field: nothing else leaves here. Every question is asked once.
/// </summary>
public sealed class JsonRpcSigner : ISigner
{
    private readonly JsonRpcChain _rpc;
    private readonly string _name;
    private readonly TimeSpan _timeout;

    /// <summary>Makes a signer; it connects when it is first asked.</summary>
    /// <param name="http">Sends the requests; it must not follow redirects. Not disposed.</param>
    /// <param name="endpoint">https, or http on loopback. Its path and query stand in no message.</param>
    /// <param name="address">The account.</param>
    /// <param name="time">Drives the timeout.</param>
    /// <param name="options">The bounds; the defaults when null.</param>
    /// <exception cref="ArgumentException">The URL is one that <see cref="CheckUrl"/> refuses.</exception>
    public JsonRpcSigner(HttpClient http, Uri endpoint, Address address, TimeProvider time, JsonRpcSignerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(time);
        options ??= new();
        if (CheckUrl(endpoint, options.AllowPlainHttp) is { } refusal)
        {
            throw new ArgumentException(refusal.Message, nameof(endpoint));
        }

        Address = address;
        _timeout = options.Timeout;
        _name = $"the signer at {SignerUrls.Show(endpoint)}";
        _rpc = new(http, endpoint, time, new JsonRpcOptions { Timeout = options.Timeout, MaxResponseBytes = options.MaxResponseBytes, MaxAttempts = 1 });
    }

    /// <inheritdoc/>
    public Address Address { get; }

    /// <summary>Refuses a URL that no signer may have: another scheme than http and https, a user name in it (<c>signer_url_invalid</c>), http to another host (<c>signer_url_insecure</c>).</summary>
    /// <param name="endpoint">The URL.</param>
    /// <param name="allowPlainHttp">Whether a human allowed http to another host.</param>
    public static WalletRefusal? CheckUrl(Uri endpoint, bool allowPlainHttp)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return SignerUrls.Check(endpoint, allowPlainHttp);
    }

    /// <summary>Asks for the signer's accounts (<c>eth_accounts</c>) and says whether this one is among them; null when it is.</summary>
    public async Task<WalletRefusal?> CheckAccountAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var accounts = await AskAsync("eth_accounts", [], cancellationToken);
            if (accounts.ValueKind != JsonValueKind.Array || accounts.GetArrayLength() > 10_000)
            {
                return SignerRefusals.Malformed(_name, "eth_accounts gave no list");
            }

            return accounts.EnumerateArray().Any(account => account.ValueKind == JsonValueKind.String && Address.TryParse(Text(account), out var held) && held == Address)
                ? null
                : new("signer_no_account", $"{_name} has no account {Address}", "give one of its accounts, or unlock it there", WalletRefusalKind.Usage);
        }
        catch (SignerException e)
        {
            return e.Refusal;
        }
    }

    /// <summary>Nothing is held here.</summary>
    public void Dispose()
    {
    }

    /// <summary>The address.</summary>
    public override string ToString() => Address.ToString();

    async ValueTask<Signature> ISigner.SignAsync(SigningPayload payload, CancellationToken cancellationToken)
    {
        var digest = payload.Digest;
        switch (payload)
        {
            case SigningPayload.PersonalMessage message:
                // The message first, the account second: the other way round is eth_sign's, and nodes that mix them up sign something else.
                return Fit(await AskAsync("personal_sign", [Hex.Encode(message.Message.Span), Address.ToString()], cancellationToken), digest);
            case SigningPayload.TypedDataMessage typed:
                var document = typed.Document();
                if (TypedData.Parse(document).Hash() != digest)
                {
                    throw new InvalidOperationException("the typed-data document is not of the digest that is to be signed");
                }

                return Fit(await AskAsync("eth_signTypedData_v4", [Address.ToString(), document], cancellationToken), digest);
            case SigningPayload.TransactionMessage { Unsigned: var unsigned }:
                var call = TransactionCheck.Write(unsigned, Address) ?? throw new SignerException(SignerRefusals.Unsupported(_name, $"transactions of type {unsigned.Type}"));
                return TransactionCheck.Read(await AskAsync("eth_signTransaction", [call], cancellationToken), unsigned, Address, _name);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // What a JSON text spells may be half a surrogate pair, which the base library does not give out.
    internal static string? Text(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private Signature Fit(JsonElement answer, in Hash32 digest) => SignatureFit.Fit(Text(answer), digest, Address, _name);

    private async Task<JsonElement> AskAsync(string method, JsonArray parameters, CancellationToken cancellationToken)
    {
        try
        {
            return await _rpc.RequestAsync(method, parameters, cancellationToken);
        }
        catch (ChainException e)
        {
            throw ToSignerException(method, e);
        }
    }

    // 4001: the user said no; 4200 and -32601: there is no such method (EIP-1193, EIP-1474).
    private SignerException ToSignerException(string method, ChainException e) => e switch
    {
        { Code: -32601 or 4200 } => new(SignerRefusals.Unsupported(_name, $"by {method}")),
        { Code: -32005 or 429 } => new(SignerRefusals.RateLimited(_name, e.RetryAfter), isTransient: true),
        { Code: not 0 } => new(SignerRefusals.Refused(_name, e.Message)),
        { InnerException: OperationCanceledException } => new(SignerRefusals.Timeout(_name, _timeout), isTransient: true),
        { IsTransient: true } => new(SignerRefusals.Unreachable(_name, UntrustedText.Clean(e.Message, 80)), isTransient: true),
        _ => new(SignerRefusals.Malformed(_name, e.Message)),
    };
}
