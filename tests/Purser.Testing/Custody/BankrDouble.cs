using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Testing.Custody;

/// <summary>
/// The custodian of specs/mining.md, 12, on a port of loopback: the routes that there are do what they do there (it holds a key, signs
/// texts, signs and sends transactions on a chain that it is given, works on prompts as jobs), the retired ones answer 404 with the
/// text that they answer with there, and every call is written down. What goes wrong is chosen by <see cref="Faults"/>.
/// </summary>
public sealed class BankrDouble : IAsyncDisposable
{
    /// <summary>The API key that it takes.</summary>
    public const string ApiKey = "bk_double_0123456789abcdef";

    private readonly LoopbackHttp _server;
    private readonly PrivateKey _key;
    private readonly IChain? _chain;
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly SemaphoreSlim _sending = new(1);

    private BankrDouble(PrivateKey key, IChain? chain)
    {
        (_key, _chain) = (key, chain);
        _server = new(AnswerAsync);
    }

    /// <summary>Where it listens.</summary>
    public Uri Url => _server.Url;

    /// <summary>The account whose key it holds.</summary>
    public Address Address => _key.Address;

    /// <summary>Method and path of every call, in order, those that were answered 404 too.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    /// <summary>The bodies that came to <c>/wallet/submit</c>, in order.</summary>
    public ConcurrentQueue<string> Submits { get; } = new();

    /// <summary>What goes wrong with the next calls, one for each; when it is empty all goes well.</summary>
    public ConcurrentQueue<BankrFault> Faults { get; } = new();

    /// <summary>What a job's status is, one for each time it is asked for; when it is empty the job is completed.</summary>
    public ConcurrentQueue<string> JobStates { get; } = new();

    /// <summary>Whether the key may only read: signing and sending are then answered 403 (BK9).</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Whether <c>/wallet/me</c> is missing, as with older deployments.</summary>
    public bool OnlyAgentMe { get; set; }

    /// <summary>Signs other texts than it is asked to.</summary>
    public bool SignsSomethingElse { get; set; }

    /// <summary>Starts one on a free port.</summary>
    /// <param name="key">The account's key; it stays the caller's.</param>
    /// <param name="chain">Where transactions go; without it they are answered 400.</param>
    public static BankrDouble Start(PrivateKey key, IChain? chain = null) => new(key, chain);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _sending.Dispose();
    }

    private async Task<LoopbackAnswer?> AnswerAsync(LoopbackRequest request, CancellationToken stop)
    {
        _calls.Enqueue($"{request.Method} {request.Path}");
        if (request.Path == "/wallet/submit")
        {
            Submits.Enqueue(request.Body);
        }

        var fault = Faults.TryDequeue(out var chosen) ? chosen : BankrFault.None;
        if (fault.Kind == BankrFaultKind.DropsUndone)
        {
            return null;
        }

        var (status, answer) = fault.Kind == BankrFaultKind.Status ? (fault.Status, fault.Body) : await DoAsync(request, stop);
        await fault.ApplyAsync(stop);
        return fault.Kind == BankrFaultKind.DropsDone ? null : new(status, fault.Spoil(answer), answer.StartsWith('{') ? "application/json" : "text/html");
    }

    private async Task<(int Status, string Body)> DoAsync(LoopbackRequest request, CancellationToken stop)
    {
        var path = request.Path;
        var known = (request.Method, path) switch
        {
            ("GET", "/wallet/me") => !OnlyAgentMe,
            ("GET", "/agent/me") or ("POST", "/wallet/sign") or ("POST", "/wallet/submit") or ("POST", "/agent/prompt") => true,
            ("GET", _) => path.StartsWith("/agent/job/", StringComparison.Ordinal),
            _ => false,
        };
        if (!known)
        {
            return (404, $"Cannot {request.Method} {path}");
        }

        var key = request.Headers.GetValueOrDefault("X-API-Key");
        if (key != ApiKey)
        {
            return (401, Error("Authentication required", $"no account has the key {key}"));
        }

        if (IsReadOnly && path is ("/wallet/sign" or "/wallet/submit"))
        {
            return (403, Error("Read-only API key", "this key may not sign or send"));
        }

        return path switch
        {
            "/wallet/me" or "/agent/me" => (200, Me()),
            "/wallet/sign" => Sign(request.Body),
            "/wallet/submit" => await SubmitAsync(request.Body, stop),
            "/agent/prompt" => (202, new JsonObject { ["success"] = true, ["jobId"] = "job_1", ["threadId"] = "thr_1", ["status"] = "pending", ["message"] = "Prompt submitted" }.ToJsonString()),
            _ => Job(),
        };
    }

    private string Me() => new JsonObject
    {
        ["success"] = true,
        ["wallets"] = new JsonArray(
            new JsonObject { ["chain"] = "solana", ["address"] = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM" },
            new JsonObject { ["chain"] = "evm", ["address"] = Address.ToString() }),
        ["socialAccounts"] = new JsonArray(),
    }.ToJsonString();

    private (int, string) Sign(string body)
    {
        using var document = JsonDocument.Parse(body);
        if (document.RootElement.GetProperty("signatureType").GetString() is not "personal_sign" || document.RootElement.GetProperty("message").GetString() is not { Length: > 0 } message)
        {
            return (400, Error("Invalid request", "signatureType personal_sign needs a message"));
        }

        var signature = _key.Sign(Eip191.HashPersonalMessage(Encoding.UTF8.GetBytes(SignsSomethingElse ? message + " " : message)));
        return (200, new JsonObject { ["success"] = true, ["signature"] = signature.ToString(), ["signer"] = Address.ToString(), ["signatureType"] = "personal_sign" }.ToJsonString());
    }

    private async Task<(int, string)> SubmitAsync(string body, CancellationToken stop)
    {
        using var document = JsonDocument.Parse(body);
        var wanted = document.RootElement.GetProperty("transaction");
        var waits = document.RootElement.GetProperty("waitForConfirmation").GetBoolean();
        if (_chain is null || wanted.GetProperty("chainId").GetUInt64() != (await _chain.GetChainIdAsync(stop)).Value)
        {
            return (400, Error("Unsupported chain", "no node for it"));
        }

        await _sending.WaitAsync(stop);
        SignedTransaction signed;
        try
        {
            var unsigned = await _chain.PrepareAsync(new CallRequest
            {
                From = Address,
                To = Address.Parse(wanted.GetProperty("to").GetString()!),
                Value = UInt256.Parse(wanted.GetProperty("value").GetString()!),
                Data = Hex.TryDecode(wanted.GetProperty("data").GetString(), out byte[] data) ? data : throw new InvalidOperationException("data"),
            }, cancellationToken: stop);
            signed = unsigned.Sign(_key);
            await TransactionSending.SendAsync(_chain, signed, stop);
        }
        catch (ChainException e)
        {
            return (400, Error("Transaction failed", e.Message));
        }
        finally
        {
            _sending.Release();
        }

        var answer = new JsonObject { ["success"] = true, ["transactionHash"] = signed.Hash.ToString(), ["status"] = "pending", ["signer"] = Address.ToString() };
        if (waits && await _chain.GetTransactionReceiptAsync(signed.Hash, stop) is { } receipt)
        {
            answer["status"] = receipt.Succeeded ? "success" : "reverted";
            answer["blockNumber"] = receipt.BlockNumber.ToString(CultureInfo.InvariantCulture);
            answer["gasUsed"] = receipt.GasUsed.ToString(CultureInfo.InvariantCulture);
        }

        return (200, answer.ToJsonString());
    }

    private (int, string) Job()
    {
        var state = JobStates.TryDequeue(out var next) ? next : "completed";
        var job = new JsonObject { ["success"] = true, ["jobId"] = "job_1", ["status"] = state };
        if (state is "completed" or "failed")
        {
            job["response"] = "You have 5 ETH\u001b[2J on Base.";
        }

        return (200, job.ToJsonString());
    }

    private static string Error(string error, string message) => new JsonObject { ["success"] = false, ["error"] = error, ["message"] = message }.ToJsonString();
}
