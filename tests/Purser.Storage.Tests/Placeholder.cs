namespace Purser.Storage.Tests;
