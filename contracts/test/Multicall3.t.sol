// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Multicall3} from "../src/Multicall3.sol";
import {Test} from "./support/Test.sol";

contract Callee {
    uint256 public count;

    function add(uint256 n) external payable returns (uint256) {
        count += n;
        return count;
    }

    function fail() external pure {
        revert("no");
    }
}

contract Multicall3Test is Test {
    Multicall3 private multicall = new Multicall3();
    Callee private callee = new Callee();

    function test_aggregate_gives_each_answer_and_the_block() external {
        Multicall3.Call[] memory calls = new Multicall3.Call[](2);
        calls[0] = Multicall3.Call(address(callee), abi.encodeCall(Callee.add, (2)));
        calls[1] = Multicall3.Call(address(callee), abi.encodeCall(Callee.add, (3)));
        (uint256 number, bytes[] memory data) = multicall.aggregate(calls);
        vm.assertEq(number, block.number, "the block's height");
        vm.assertEq(abi.decode(data[0], (uint256)), 2, "first");
        vm.assertEq(abi.decode(data[1], (uint256)), 5, "second");
    }

    function test_one_failure_undoes_all_unless_it_is_allowed() external {
        Multicall3.Call[] memory calls = new Multicall3.Call[](2);
        calls[0] = Multicall3.Call(address(callee), abi.encodeCall(Callee.add, (2)));
        calls[1] = Multicall3.Call(address(callee), abi.encodeCall(Callee.fail, ()));
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "Multicall3: call failed"));
        multicall.aggregate(calls);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "Multicall3: call failed"));
        multicall.blockAndAggregate(calls);
        vm.assertEq(callee.count(), 0, "undone");
        Multicall3.Result[] memory results = multicall.tryAggregate(false, calls);
        vm.assertTrue(results[0].success && !results[1].success, "the second failed");
        vm.assertEq(results[1].returnData, abi.encodeWithSignature("Error(string)", "no"), "its revert data");
        vm.assertEq(callee.count(), 2, "the first stands");
    }

    function test_aggregate3_says_for_each_call_whether_it_may_fail() external {
        Multicall3.Call3[] memory calls = new Multicall3.Call3[](2);
        calls[0] = Multicall3.Call3(address(callee), true, abi.encodeCall(Callee.fail, ()));
        calls[1] = Multicall3.Call3(address(callee), false, abi.encodeCall(Callee.add, (7)));
        Multicall3.Result[] memory results = multicall.aggregate3(calls);
        vm.assertFalse(results[0].success, "allowed to fail");
        vm.assertEq(abi.decode(results[1].returnData, (uint256)), 7, "done");
        calls[0].allowFailure = false;
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "Multicall3: call failed"));
        multicall.aggregate3(calls);
    }

    function test_aggregate3Value_hands_on_exactly_what_was_sent() external {
        Multicall3.Call3Value[] memory calls = new Multicall3.Call3Value[](2);
        calls[0] = Multicall3.Call3Value(address(callee), false, 1 ether, abi.encodeCall(Callee.add, (1)));
        calls[1] = Multicall3.Call3Value(address(callee), false, 2 ether, abi.encodeCall(Callee.add, (1)));
        multicall.aggregate3Value{value: 3 ether}(calls);
        vm.assertEq(multicall.getEthBalance(address(callee)), 3 ether, "handed on");
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "Multicall3: value mismatch"));
        multicall.aggregate3Value{value: 4 ether}(calls);
    }

    function test_the_block_is_told() external {
        vm.warp(1_800_000_000);
        vm.assertEq(multicall.getCurrentBlockTimestamp(), 1_800_000_000, "time");
        vm.assertEq(multicall.getBlockNumber(), block.number, "height");
        vm.assertEq(multicall.getChainId(), block.chainid, "chain");
        vm.assertEq(multicall.getBasefee(), block.basefee, "base fee");
        vm.assertEq(multicall.getCurrentBlockGasLimit(), block.gaslimit, "gas limit");
        vm.assertEq(multicall.getCurrentBlockCoinbase(), block.coinbase, "fee recipient");
        vm.assertEq(multicall.getCurrentBlockDifficulty(), block.prevrandao, "randomness");
        vm.assertEq(multicall.getLastBlockHash(), blockhash(block.number - 1), "last hash");
        vm.assertEq(multicall.getBlockHash(block.number - 1), blockhash(block.number - 1), "a hash");
    }
}
