using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Sandbox.Chain;

namespace Purser.Cli.Composition;

/// <summary>Sandboxes with what people expect on them: funded development accounts and the test dollar.</summary>
public static class Sandboxes
{
    private static readonly AbiParameters s_constructor = AbiFunction.Parse("function constructor_(address minter)").Inputs;
    private static readonly AbiFunction s_mint = AbiFunction.Parse("function mint(address to, uint256 value)");

    /// <summary>Where the test dollar lies on a sandbox of ours: the deployer's first contract.</summary>
    public static Address TestUsd { get; } = Address.ForCreate(DevelopmentAccounts.Addresses[DevelopmentAccounts.Deployer], 0);

    /// <summary>What each development account is given: 1,000,000 TUSD.</summary>
    public static UInt256 Grant { get; } = 1_000_000_000_000UL;

    /// <summary>Who gets the tips of every block. One address for all sandboxes of ours, so that a kept chain opens wherever it is opened.</summary>
    public static Address FeeRecipient { get; } = Address.Parse("0x000000000000000000000000000000000000fee0");

    /// <summary>The chain's options: ten development accounts, and whoever else is named.</summary>
    public static SandboxOptions Options(ChainId chain, string? stateFile, TimeSpan? blockInterval, params ReadOnlySpan<GenesisAccount> others) => new()
    {
        ChainId = chain,
        Coinbase = FeeRecipient,
        StateFile = stateFile,
        BlockInterval = blockInterval,
        Automine = blockInterval is null,
        Genesis = [.. DevelopmentAccounts.Addresses.Select(a => new GenesisAccount(a) { Balance = DevelopmentAccounts.Balance }), .. others],
    };

    /// <summary>Deploys the test dollar unless it is there, and gives each development account its grant. Returns the hashes of what was sent.</summary>
    public static async Task<IReadOnlyList<Hash32>> DeployAsync(SandboxChain chain, bool grant, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        if ((await chain.GetCodeAsync(TestUsd, cancellationToken: cancellationToken)).Length > 0)
        {
            return [];
        }
        using var deployer = DevelopmentAccounts.Key(DevelopmentAccounts.Deployer);
        if (await chain.GetTransactionCountAsync(deployer.Address, cancellationToken: cancellationToken) != 0)
        {
            throw new CliRefusalException(CliResult.Failed("contracts_missing", "This chain was begun without our contracts, and the deployer's first nonce is used.",
                "Start with --no-contracts, or with another --state file."));
        }
        var creation = ContractArtifacts.TestUsd.CreationCode.ToArray();
        var hashes = new List<Hash32>
        {
            await SendAsync(chain, deployer, 0, null, [.. creation, .. s_constructor.Encode(deployer.Address)], cancellationToken),
        };
        if (grant)
        {
            foreach (var account in DevelopmentAccounts.Addresses)
            {
                hashes.Add(await SendAsync(chain, deployer, (ulong)hashes.Count, TestUsd, s_mint.Encode(account, Grant), cancellationToken));
            }
        }
        chain.Mine();
        foreach (var hash in hashes)
        {
            var receipt = await chain.GetTransactionReceiptAsync(hash, cancellationToken);
            if (receipt is not { Succeeded: true })
            {
                throw new InvalidOperationException($"A transaction of the set-up failed: {hash}.");
            }
        }
        return hashes;
    }

    /// <summary>Mints test dollars. Returns the transaction's hash.</summary>
    public static async Task<Hash32> MintAsync(IChain chain, Address to, UInt256 units, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        using var deployer = DevelopmentAccounts.Key(DevelopmentAccounts.Deployer);
        var nonce = await chain.GetTransactionCountAsync(deployer.Address, BlockTag.Pending, cancellationToken);
        return await SendAsync(chain, deployer, nonce, TestUsd, s_mint.Encode(to, units), cancellationToken);
    }

    /// <summary>The test dollar as a registry entry.</summary>
    public static TokenInfo Token(ChainId chain) => TokenInfo.TestUsd(new(chain, TestUsd));

    private static async Task<Hash32> SendAsync(IChain chain, PrivateKey key, ulong nonce, Address? to, byte[] data, CancellationToken cancellationToken)
    {
        var head = await chain.GetBlockAsync(BlockTag.Latest, cancellationToken) ?? throw new InvalidOperationException("The chain has no block.");
        var tip = await chain.GetMaxPriorityFeePerGasAsync(cancellationToken);
        var signed = new Transaction1559
        {
            ChainId = await chain.GetChainIdAsync(cancellationToken),
            Nonce = nonce,
            MaxPriorityFeePerGas = tip,
            MaxFeePerGas = (head.BaseFeePerGas * 2) + tip,
            GasLimit = to is null ? 3_000_000UL : 200_000UL,
            To = to,
            Data = data,
        }.Sign(key);
        return await chain.SendRawTransactionAsync(signed.Raw, cancellationToken);
    }
}
