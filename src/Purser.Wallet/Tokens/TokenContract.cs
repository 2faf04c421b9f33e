using System.Text;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Tokens;

/// <summary>
/// What the chain says of one token: EIP-20's balance, EIP-3009's use of a nonce, and the EIP-712 domain. A read that reverts or
/// answers in another form is null: the contract does not have it. Faults of the node are <see cref="ChainException"/>s.
/// </summary>
public sealed class TokenContract
{
    private static readonly byte[] s_balanceOf = Selector("balanceOf(address)"u8);
    private static readonly byte[] s_allowance = Selector("allowance(address,address)"u8);
    private static readonly byte[] s_authorizationState = Selector("authorizationState(address,bytes32)"u8);
    private static readonly byte[] s_domainSeparator = Selector("DOMAIN_SEPARATOR()"u8);
    private static readonly Hash32 s_authorizationUsed = Keccak256.Hash("AuthorizationUsed(address,bytes32)"u8);
    private static readonly Hash32 s_authorizationCanceled = Keccak256.Hash("AuthorizationCanceled(address,bytes32)"u8);

    private static readonly byte[] s_decimals = Selector("decimals()"u8);
    private static readonly byte[] s_totalSupply = Selector("totalSupply()"u8);
    private static readonly byte[] s_nonces = Selector("nonces(address)"u8);
    private static readonly AbiFunction s_name = AbiFunction.Parse("function name() returns (string)");
    private static readonly AbiFunction s_symbol = AbiFunction.Parse("function symbol() returns (string)");
    private static readonly AbiFunction s_version = AbiFunction.Parse("function version() returns (string)");
    private static readonly Hash32 s_transfer = Keccak256.Hash("Transfer(address,address,uint256)"u8);

    private readonly IChain _chain;
    private readonly Address _token;

    /// <summary>A token of a chain.</summary>
    public TokenContract(IChain chain, Address token)
    {
        ArgumentNullException.ThrowIfNull(chain);
        _chain = chain;
        _token = token;
    }

    /// <summary>The account's balance in minimal units.</summary>
    public async Task<UInt256?> GetBalanceAsync(Address account, CancellationToken cancellationToken = default) =>
        (await ReadWordAsync([.. s_balanceOf, .. Word(account)], default, cancellationToken))?.ToUInt256();

    /// <summary>How much a spender may take from the account, in minimal units (EIP-20 <c>allowance</c>).</summary>
    public async Task<UInt256?> GetAllowanceAsync(Address account, Address spender, CancellationToken cancellationToken = default) =>
        (await ReadWordAsync([.. s_allowance, .. Word(account), .. Word(spender)], default, cancellationToken))?.ToUInt256();

    /// <summary><c>DOMAIN_SEPARATOR()</c> of EIP-2612, which EIP-3009 tokens have too.</summary>
    public Task<Hash32?> GetDomainSeparatorAsync(CancellationToken cancellationToken = default) =>
        ReadWordAsync(s_domainSeparator, default, cancellationToken);

    /// <summary><c>decimals()</c>; null when the contract has none, or more than a byte's.</summary>
    public async Task<int?> GetDecimalsAsync(CancellationToken cancellationToken = default) =>
        (await ReadWordAsync(s_decimals, default, cancellationToken))?.ToUInt256() is { } decimals && decimals <= byte.MaxValue ? (int)decimals : null;

    /// <summary><c>totalSupply()</c>, in minimal units.</summary>
    public async Task<UInt256?> GetTotalSupplyAsync(CancellationToken cancellationToken = default) => (await ReadWordAsync(s_totalSupply, default, cancellationToken))?.ToUInt256();

    /// <summary><c>nonces(owner)</c> of EIP-2612: how many permits of the account were used.</summary>
    public async Task<UInt256?> GetPermitNonceAsync(Address owner, CancellationToken cancellationToken = default) =>
        (await ReadWordAsync([.. s_nonces, .. Word(owner)], default, cancellationToken))?.ToUInt256();

    /// <summary><c>name()</c>, as the contract wrote it; null when it has none, or one of more than 256 characters.</summary>
    public Task<string?> GetNameAsync(CancellationToken cancellationToken = default) => ReadTextAsync(s_name, cancellationToken);

    /// <summary><c>symbol()</c>, as the contract wrote it; null as for <see cref="GetNameAsync"/>.</summary>
    public Task<string?> GetSymbolAsync(CancellationToken cancellationToken = default) => ReadTextAsync(s_symbol, cancellationToken);

    /// <summary><c>version()</c>, as the contract wrote it; null as for <see cref="GetNameAsync"/>.</summary>
    public Task<string?> GetVersionAsync(CancellationToken cancellationToken = default) => ReadTextAsync(s_version, cancellationToken);

    /// <summary>Whether the authorization of this nonce was used or cancelled (EIP-3009 <c>authorizationState</c>).</summary>
    public async Task<bool?> IsAuthorizationUsedAsync(Address authorizer, Hash32 nonce, BlockTag block = default, CancellationToken cancellationToken = default) =>
        (await ReadWordAsync([.. s_authorizationState, .. Word(authorizer), .. nonce.ToArray()], block, cancellationToken))?.ToUInt256() switch
        {
            null => null,
            { IsZero: true } => false,
            _ => true,
        };

    /// <summary>The event that used or cancelled an authorization, within a range of blocks; null when there is none.</summary>
    /// <param name="authorizer">The payer.</param>
    /// <param name="nonce">The authorization's nonce.</param>
    /// <param name="fromBlock">The first block.</param>
    /// <param name="toBlock">The last block.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    public async Task<AuthorizationEvent?> FindAuthorizationEventAsync(Address authorizer, Hash32 nonce, ulong fromBlock, ulong toBlock, CancellationToken cancellationToken = default)
    {
        var logs = await _chain.GetLogsAsync(
            new LogFilter
            {
                FromBlock = BlockTag.At(fromBlock),
                ToBlock = BlockTag.At(toBlock),
                Addresses = [_token],
                Topics = [[s_authorizationUsed, s_authorizationCanceled], [new Hash32(Word(authorizer))], [nonce]],
            },
            cancellationToken);
        return logs.Count == 0 ? null : new(logs[0].TransactionHash, Cancelled: logs[0].Topics[0] == s_authorizationCanceled);
    }

    /// <summary>The transactions that moved exactly an amount from an account to another, within a range of blocks, oldest first, each once (EIP-20 <c>Transfer</c>).</summary>
    internal async Task<IReadOnlyList<Hash32>> FindTransfersAsync(Address from, Address to, UInt256 amount, ulong fromBlock, ulong toBlock, CancellationToken cancellationToken = default) =>
        [.. (await TransfersAsync(from, to, fromBlock, toBlock, cancellationToken)).Where(log => log.Data.AsSpan().SequenceEqual(amount.ToBigEndian())).Select(log => log.TransactionHash).Distinct()];

    /// <summary>The transfers of at most an amount from an account to another, within a range of blocks, oldest first.</summary>
    internal async Task<IReadOnlyList<(Hash32 Transaction, UInt256 Amount)>> FindTransfersUpToAsync(Address from, Address to, UInt256 most, ulong fromBlock, ulong toBlock, CancellationToken cancellationToken = default) =>
        [.. (await TransfersAsync(from, to, fromBlock, toBlock, cancellationToken)).Where(log => log.Data.Length == 32).Select(log => (log.TransactionHash, UInt256.FromBigEndian(log.Data))).Where(transfer => transfer.Item2 <= most)];

    private Task<IReadOnlyList<LogEntry>> TransfersAsync(Address from, Address to, ulong fromBlock, ulong toBlock, CancellationToken cancellationToken) => _chain.GetLogsAsync(
        new LogFilter
        {
            FromBlock = BlockTag.At(fromBlock),
            ToBlock = BlockTag.At(toBlock),
            Addresses = [_token],
            Topics = [[s_transfer], [new Hash32(Word(from))], [new Hash32(Word(to))]],
        },
        cancellationToken);

    private async Task<Hash32?> ReadWordAsync(byte[] data, BlockTag block, CancellationToken cancellationToken) =>
        await _chain.CallAsync(new CallRequest { To = _token, Data = data }, block, cancellationToken) is CallResult.Returned { Data.Length: Hash32.Size } answer
            ? new Hash32(answer.Data)
            : null;

    // Old tokens give their text as bytes32, filled up with zeros.
    private async Task<string?> ReadTextAsync(AbiFunction function, CancellationToken cancellationToken)
    {
        if (await _chain.CallAsync(new CallRequest { To = _token, Data = function.Encode() }, default, cancellationToken) is not CallResult.Returned { Data.Length: > 0 and <= 1024 } answer)
        {
            return null;
        }

        try
        {
            var text = answer.Data.Length == Hash32.Size ? Encoding.UTF8.GetString(answer.Data.AsSpan().TrimEnd((byte)0)) : function.DecodeOutput(answer.Data, AbiTolerance.Solidity).Get<string>(0);
            return text.Length is > 0 and <= 256 ? text : null;
        }
        catch (AbiException)
        {
            return null;
        }
    }

    private static byte[] Selector(ReadOnlySpan<byte> signature) => Keccak256.Hash(signature).Bytes[..4].ToArray();

    private static byte[] Word(Address address)
    {
        var word = new byte[32];
        address.CopyTo(word.AsSpan(12));
        return word;
    }
}

/// <summary>What became of an authorization on chain.</summary>
/// <param name="TransactionHash">The transaction.</param>
/// <param name="Cancelled">True when the payer cancelled it: no money moved, and none can.</param>
public sealed record AuthorizationEvent(Hash32 TransactionHash, bool Cancelled)
{
    /// <summary>What it moved, in minimal units, where that can be less than was signed; null where it is what was signed, or not known.</summary>
    public UInt256? Amount { get; init; }
}
