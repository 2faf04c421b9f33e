namespace Purser.Repo.Tests.Arrows;

public class ArrowTests
{
    private static IEnumerable<SourceFile> Sources => RepositoryTree.Current.Files(".cs").Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal));

    [Fact]
    public void Project_files_follow_the_house() =>
        RepositoryTree.Current.Files(".csproj").Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal))
            .SelectMany(ArrowChecker.CheckProject).ShouldBeClean("A project references what its place in the house does not allow.");

    [Fact]
    public void Source_files_follow_the_house_and_the_order_of_protocols_folders() =>
        Sources.SelectMany(ArrowChecker.CheckSource).ShouldBeClean("A source file names what its place in the house does not allow.");

    [Fact]
    public void Namespaces_follow_the_folders() =>
        Sources.SelectMany(ArrowChecker.CheckNamespace).ShouldBeClean("A namespace is its folder.");

    [Fact]
    public void Every_source_project_is_seen() =>
        RepositoryTree.Current.Files(".csproj").Count(file => file.Path.StartsWith("src/", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(8);

    [Fact]
    public void Agent_and_services_never_meet_below_the_faces()
    {
        House.Below("Purser.Agent").ShouldNotContain("Purser.Services");
        House.Below("Purser.Services").ShouldNotContain("Purser.Agent");
        House.Below("Purser.Faces").ShouldBe(["Purser.Agent", "Purser.Services", "Purser.Wallet", "Purser.Protocol", "Purser.Storage", "Purser.Ethereum"], ignoreOrder: true);
    }

    [Fact]
    public void The_house_has_no_circle()
    {
        foreach (var assembly in House.MayUse.Keys)
        {
            House.Below(assembly).ShouldNotContain(assembly);
        }
    }

    [Theory]
    [InlineData("Purser.Agent", "<ProjectReference Include=\"../Purser.Services/Purser.Services.csproj\" />", "may not reference Purser.Services")]
    [InlineData("Purser.Ethereum", "<ProjectReference Include=\"..\\Purser.Protocol\\Purser.Protocol.csproj\" />", "may not reference Purser.Protocol")]
    [InlineData("Purser.Protocol", "<PackageReference Include=\"Dapper\" />", "may not take the package Dapper")]
    [InlineData("Purser.Agent", "<FrameworkReference Include=\"Microsoft.AspNetCore.App\" />", "may not stand on Microsoft.AspNetCore.App")]
    [InlineData("Purser.Attic", "", "has no place in the house")]
    public void A_wrong_project_file_is_found(string project, string item, string message) =>
        ArrowChecker.CheckProject(new SourceFile($"src/{project}/{project}.csproj", $"<Project><ItemGroup>{item}</ItemGroup></Project>"))
            .ShouldHaveSingleItem().Message.ShouldContain(message);

    [Theory]
    [InlineData("src/Purser.Agent/Payments/A.cs", "using Purser.Services.Payments;", "Purser.Agent may not use Purser.Services")]
    [InlineData("src/Purser.Services/Payments/A.cs", "var x = new Purser.Agent.Payments.Client();", "Purser.Services may not use Purser.Agent")]
    [InlineData("src/Purser.Sandbox/Evm/A.cs", "global using static Purser.Protocol.Json.Strict;", "Purser.Sandbox may not use Purser.Protocol")]
    [InlineData("src/Purser.Protocol/Assets/A.cs", "using Purser.Protocol.Payments;", "Assets may not use its Payments")]
    [InlineData("src/Purser.Protocol/Json/A.cs", "    private Protocol.Intents.Intent? _next;", "Json may not use its Intents")]
    [InlineData("src/Purser.Protocol/A.cs", "using Purser.Protocol.Json;", "may not use its Json")]
    public void A_wrong_using_is_found(string path, string line, string message)
    {
        var finding = ArrowChecker.CheckSource(new SourceFile(path, $"// first\n{line}\n")).ShouldHaveSingleItem();
        finding.Message.ShouldContain(message);
        finding.Line.ShouldBe(2);
    }

    [Theory]
    [InlineData("src/Purser.Agent/Payments/A.cs", "using Purser.Storage;")]
    [InlineData("src/Purser.Protocol/Payments/A.cs", "using Purser.Protocol.Assets;")]
    [InlineData("src/Purser.Protocol/Assets/A.cs", "// see Purser.Protocol.Payments")]
    [InlineData("src/Purser.Protocol/Assets/A.cs", "var name = \"Purser.Services.Payments\";")]
    [InlineData("src/Purser.Cli/Demo/A.cs", "using Purser.Sandbox.Chain;")]
    public void A_right_using_passes(string path, string line) =>
        ArrowChecker.CheckSource(new SourceFile(path, line)).ShouldBeEmpty();

    [Theory]
    [InlineData("src/Purser.Services/Gate/A.cs", "namespace Purser.Services.Payments;", "its folder says Purser.Services.Gate")]
    [InlineData("src/Purser.Services/Gate/A.cs", "namespace Purser.Services;", "its folder says Purser.Services.Gate")]
    [InlineData("src/Purser.Protocol/Misc/A.cs", "namespace Purser.Protocol.Misc;", "no folder Misc")]
    public void A_wrong_namespace_is_found(string path, string line, string message) =>
        ArrowChecker.CheckNamespace(new SourceFile(path, line)).ShouldHaveSingleItem().Message.ShouldContain(message);

    [Fact]
    public void Ethereum_may_be_flat() =>
        ArrowChecker.CheckNamespace(new SourceFile("src/Purser.Ethereum/Crypto/A.cs", "namespace Purser.Ethereum;")).ShouldBeEmpty();
}
