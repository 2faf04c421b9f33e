using Purser.Ethereum;
using Purser.Protocol.Contracts;

namespace Purser.Wallet.Policy;

/// <summary>Caps in minimal units, each below 2^128; null where there is none. Those over time roll: they count what was reserved within the last hour, 24 hours, 30 days.</summary>
/// <param name="PerPayment">For one payment, transfer, approval or call.</param>
/// <param name="PerHour">Within an hour.</param>
/// <param name="PerDay">Within 24 hours.</param>
/// <param name="Per30Days">Within 30 days.</param>
/// <param name="AskAbove">What is more than this for one payment, transfer, approval or call needs a human's approval.</param>
public sealed record Caps(UInt256? PerPayment = null, UInt256? PerHour = null, UInt256? PerDay = null, UInt256? Per30Days = null, UInt256? AskAbove = null);

/// <summary>An asset that may be spent: a token that the registry knows, or a chain's coin.</summary>
/// <param name="Asset">The token or coin.</param>
/// <param name="Caps">At least a cap for one payment and one for 24 hours.</param>
public sealed record AssetRule(AssetId Asset, Caps Caps);

/// <summary>Caps for one origin, beside those of the asset.</summary>
/// <param name="Origin">The origin in its plain form.</param>
/// <param name="Asset">The token.</param>
/// <param name="Caps">At least one cap.</param>
public sealed record OriginRule(string Origin, AssetId Asset, Caps Caps);

/// <summary>Caps for one payee or spender, beside those of the asset.</summary>
/// <param name="Payee">The payee.</param>
/// <param name="Asset">The token or coin.</param>
/// <param name="Caps">At least one cap.</param>
public sealed record PayeeRule(Address Payee, AssetId Asset, Caps Caps);

/// <summary>An asset that may be sent by a plain transfer. The caps of the asset hold besides.</summary>
/// <param name="Asset">The token or coin; it needs an <see cref="AssetRule"/> too.</param>
/// <param name="PerTransfer">The most for one transfer, in minimal units below 2^128; null for that of the asset.</param>
/// <param name="Payees">When not null, the only receivers.</param>
public sealed record TransferRule(AssetId Asset, UInt256? PerTransfer = null, IReadOnlyList<Address>? Payees = null);

/// <summary>A spender that may be approved for an exact amount. The caps of the asset hold besides: an approval counts as spent.</summary>
/// <param name="Asset">The token; it needs an <see cref="AssetRule"/> too.</param>
/// <param name="Spender">Who may take.</param>
/// <param name="AtMost">The most that may be approved at once, in minimal units below 2^128; there is no unlimited approval.</param>
public sealed record SpenderRule(AssetId Asset, Address Spender, UInt256 AtMost);

/// <summary>A function of a contract that may be called.</summary>
/// <param name="Network">The chain.</param>
/// <param name="Contract">The contract.</param>
/// <param name="Function">The function, by which the calldata is decoded.</param>
public sealed record ContractRule(ChainId Network, Address Contract, ContractFunction Function)
{
    /// <summary>The most wei that may be sent along, below 2^128; 0 when no value is due.</summary>
    public UInt256 MaxValue { get; init; }

    /// <summary>What the arguments must be; an argument that is not named may be anything of its type. Each path once.</summary>
    public IReadOnlyList<ArgumentRule> Arguments { get; init; } = [];

    /// <summary>What the call takes from the account, besides its value. A call that takes what was approved before needs no entry: the approval has been counted.</summary>
    public IReadOnlyList<ArgumentSpending> Spends { get; init; } = [];
}

/// <summary>What one argument must be. In an array the rule holds for each element.</summary>
/// <param name="Path">The parameter's name; a member of a tuple as <c>params.recipient</c>.</param>
public sealed record ArgumentRule(string Path)
{
    /// <summary>The least, of an unsigned integer.</summary>
    public UInt256? AtLeast { get; init; }

    /// <summary>The most, of an unsigned integer.</summary>
    public UInt256? AtMost { get; init; }

    /// <summary>
    /// When not null, the only values, each in the one text form of its type: decimal digits, an address with its EIP-55 checksum, <c>true</c> and <c>false</c>, 0x and hex digits in
    /// lower case, a string as it is. <c>self</c> stands for the account that signs.
    /// </summary>
    public IReadOnlyList<string>? OneOf { get; init; }

    /// <summary>The most elements, of an array (of each array on the way, when they are nested).</summary>
    public int? MaxCount { get; init; }
}

/// <summary>An amount that a call takes from the account.</summary>
/// <param name="Asset">Of which token or coin; it needs an <see cref="AssetRule"/> too.</param>
/// <param name="Argument">The path of the unsigned integer that says how much, in minimal units; not within an array.</param>
public sealed record ArgumentSpending(AssetId Asset, string Argument);

/// <summary>What transactions of one chain may cost. Without such a rule no transaction is sent on the chain.</summary>
/// <param name="Network">The chain.</param>
/// <param name="MaxGas">The most gas that one transaction may buy, 21,000 to 100,000,000.</param>
/// <param name="MaxFeePerGas">The most wei for one gas, base fee included, below 2^64.</param>
/// <param name="PerDay">The most wei for gas within 24 hours, below 2^128, each transaction counted as if it used all gas that it may buy at the highest fee that it may pay.</param>
public sealed record GasRule(ChainId Network, ulong MaxGas, UInt256 MaxFeePerGas, UInt256 PerDay);

/// <summary>Typed data (EIP-712) that may be signed.</summary>
/// <param name="PrimaryType">The struct, such as <c>TransferWithAuthorization</c>.</param>
/// <param name="Network">The chain; null for any.</param>
/// <param name="VerifyingContract">The contract; null for the one that the standard says (the token itself, or Permit2), which is the only one that the wallet makes anyway.</param>
public sealed record TypedDataRule(string PrimaryType, ChainId? Network = null, Address? VerifyingContract = null);

/// <summary>Where the account may sign in.</summary>
/// <param name="Domains">Authorities as the messages name them (<c>casino.example</c>, <c>127.0.0.1:4023</c>), in lower case; <c>host:*</c> stands for a host with any port or none.</param>
public sealed record SignInRule(IReadOnlyList<string> Domains);
