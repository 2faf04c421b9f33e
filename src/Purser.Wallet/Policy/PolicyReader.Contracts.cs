using Purser.Ethereum;
using Purser.Protocol.Contracts;
using Purser.Protocol.Json;

namespace Purser.Wallet.Policy;

internal sealed partial class PolicyReader
{
    private static readonly ContractFunction s_none = ContractFunction.Parse("none()");

    private ContractRule ReadContract(JsonShape rule)
    {
        Only(rule, PolicyMembers.Contract);
        var network = ReadNetwork(rule, "network");
        var contract = rule.Value<Address>("contract");
        var function = ReadFunction(rule);
        var read = new ContractRule(network, contract, function)
        {
            MaxValue = ReadAmount(rule, "maxValue", DescribeCoin(network)) ?? UInt256.Zero,
            Arguments = ReadArguments(rule, function),
            Spends = ReadRules(rule, "spends", spends => ReadSpends(spends, network, function)),
        };
        if (rule.Ok && TokenFunctions.FindFault(read) is { } fault)
        {
            rule.RefuseValue("function", fault);
        }

        return read;
    }

    private static ContractFunction ReadFunction(JsonShape rule)
    {
        var text = rule.String("function", ContractFunction.MaxLength);
        if (!rule.Ok)
        {
            return s_none;
        }

        if (!ContractFunction.TryParse(text, out var function, out var why))
        {
            rule.RefuseValue("function", $"Expected a function such as stake(uint256 amount): {UntrustedText.Clean(why, 160)}");
            return s_none;
        }

        return function;
    }

    private static List<ArgumentRule> ReadArguments(JsonShape rule, ContractFunction function)
    {
        var arguments = ReadRules(rule, "arguments", argument => ReadArgument(argument, function));
        RefuseTwice(rule, "arguments", arguments.Select(argument => argument.Path));
        return arguments;
    }

    private static ArgumentRule ReadArgument(JsonShape rule, ContractFunction function)
    {
        Only(rule, PolicyMembers.Argument);
        var path = rule.String("name");
        if (!rule.Ok || !TryFind(rule, "name", path, function, out var type, out var inArray))
        {
            return new(path);
        }

        if ((rule.Has("atLeast") || rule.Has("atMost")) && type is not AbiType.UInt)
        {
            rule.RefuseValue(rule.Has("atLeast") ? "atLeast" : "atMost", $"'{UntrustedText.Clean(path, 60)}' is no unsigned integer");
        }

        if (rule.Has("maxCount") && !inArray)
        {
            rule.RefuseValue("maxCount", $"'{UntrustedText.Clean(path, 60)}' is no array");
        }

        if (rule.Ok && !rule.Has("atLeast") && !rule.Has("atMost") && !rule.Has("oneOf") && !rule.Has("maxCount"))
        {
            rule.RefuseValue("name", "A rule without any bound does nothing; give one of atLeast, atMost, oneOf, maxCount");
        }

        var oneOf = ReadTexts(rule, "oneOf", text => ArgumentCheck.Normalize(text, type) is not null, $"values of {type}");
        var read = new ArgumentRule(path)
        {
            AtLeast = rule.Has("atLeast") ? rule.Amount("atLeast") : null,
            AtMost = rule.Has("atMost") ? rule.Amount("atMost") : null,
            OneOf = rule.Ok ? oneOf?.ConvertAll(text => ArgumentCheck.Normalize(text, type)!) : null,
            MaxCount = OptionalNumber(rule, "maxCount", 0, 10_000),
        };
        RefuseTwice(rule, "oneOf", read.OneOf ?? []);
        return read;
    }

    private ArgumentSpending ReadSpends(JsonShape rule, ChainId network, ContractFunction function)
    {
        Only(rule, PolicyMembers.Spends);
        var asset = ReadAssetId(rule, out _);
        var path = rule.String("argument");
        if (rule.Ok && asset.Chain != network)
        {
            rule.RefuseValue("asset", $"The asset is of {asset.Chain}, the contract of {network}");
        }

        if (rule.Ok && TryFind(rule, "argument", path, function, out var type, out var inArray) && (type is not AbiType.UInt || inArray))
        {
            rule.RefuseValue("argument", "Expected an unsigned integer that stands in no array");
        }

        return new(asset, path);
    }

    private static bool TryFind(JsonShape rule, string member, string path, ContractFunction function, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AbiType? type, out bool inArray)
    {
        if (ArgumentCheck.TryFind(path, function.Abi.Inputs, out type, out inArray))
        {
            return true;
        }

        rule.RefuseValue(member, $"{function.Abi.Name} has no single parameter '{UntrustedText.Clean(path, 60)}'; write the parameters' names into the function");
        return false;
    }
}
