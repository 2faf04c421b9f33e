namespace Purser.Ethereum.Tests.Abi;

public sealed class AbiSignatureTests
{
    [Theory]
    [InlineData("function transfer(address to, uint256 value) returns (bool)", "transfer(address,uint256)", "a9059cbb")]
    [InlineData("transfer(address,uint256)", "transfer(address,uint256)", "a9059cbb")]
    [InlineData("  function  balanceOf ( address owner )  external view returns ( uint256 ) ; ", "balanceOf(address)", "70a08231")]
    [InlineData("function name() public pure returns (string memory)", "name()", "06fdde03")]
    [InlineData("function function(uint a)", "function(uint256)", null)]
    [InlineData("function f(address payable to, uint[2][] calldata x)", "f(address,uint256[2][])", null)]
    [InlineData("function aggregate3(tuple(address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[] returnData)", "aggregate3((address,bool,bytes)[])", "82ad56cb")]
    public void a_function_is_read_in_the_spellings_of_the_field(string text, string signature, string? selector)
    {
        var function = AbiFunction.Parse(text);
        function.Signature.ShouldBe(signature);
        if (selector is not null)
        {
            Convert.ToHexStringLower(function.Selector).ShouldBe(selector);
        }
    }

    [Theory]
    [InlineData("", "Expected a name", 0)]
    [InlineData("function", "Expected a name", 8)]
    [InlineData("function f", "Expected '('", 10)]
    [InlineData("function f(", "Expected a type", 11)]
    [InlineData("function f(uint256", "Expected ')'", 18)]
    [InlineData("function f(uint256,)", "Expected a type", 19)]
    [InlineData("function f(uint7)", "'uint7' is not a type", 11)]
    [InlineData("function f(uint264)", "'uint264' is not a type", 11)]
    [InlineData("function f(bytes33)", "'bytes33' is not a type", 11)]
    [InlineData("function f(bytes0)", "'bytes0' is not a type", 11)]
    [InlineData("function f(uint08)", "'uint08' is not a type", 11)]
    [InlineData("function f(uint[0])", "An array's length", 16)]
    [InlineData("function f(uint[01])", "An array's length", 16)]
    [InlineData("function f(uint[-1])", "Expected ']'", 16)]
    [InlineData("function f(uint[99999999999])", "An array's length", 16)]
    [InlineData("function f(())", "A tuple has at least one member", 11)]
    [InlineData("function f(uint a b)", "'b' has no place", 18)]
    [InlineData("function f(uint indexed a)", "'a' has no place", 24)]
    [InlineData("function f() returns (uint) returns (uint)", "'returns' has no place", 28)]
    [InlineData("function f() wrong", "'wrong' has no place", 13)]
    [InlineData("function f()) x", "Expected a modifier", 12)]
    [InlineData("function f(uint a) ;;", "';' has no place", 20)]
    [InlineData("function f(uint a); view", "'v' has no place", 20)]
    public void a_signature_of_another_form_is_refused_with_its_place(string text, string reason, int offset)
    {
        var refusal = Should.Throw<AbiException>(() => AbiFunction.Parse(text));
        refusal.Message.ShouldContain(reason);
        refusal.Offset.ShouldBe(offset);
    }

    [Fact]
    public void types_that_would_take_all_memory_or_stack_are_refused()
    {
        Should.Throw<AbiException>(() => AbiType.Parse("uint256[1000000]")).Message.ShouldContain("needs more than");
        Should.Throw<AbiException>(() => AbiType.Parse("uint256[65536][65536]")).Message.ShouldContain("needs more than");
        Should.Throw<AbiException>(() => AbiType.Parse("uint256" + string.Concat(Enumerable.Repeat("[]", 17)))).Message.ShouldContain("deeper");
        Should.Throw<AbiException>(() => AbiType.Parse(new string('(', 5000) + "uint256" + new string(')', 5000))).Message.ShouldContain("deeper");
        Should.Throw<AbiException>(() => AbiType.Parse("(" + string.Join(',', Enumerable.Repeat("uint256[1024]", 1000)) + ")")).Message.ShouldContain("needs more than");
        Should.Throw<AbiException>(() => AbiType.Parse(new string(' ', 20_000))).Message.ShouldContain("characters");
    }
}
